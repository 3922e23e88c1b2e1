package eval

import (
	"math"
	"slices"
	"time"
)

// Span is a result or a target: a path, and lines from 1 with both ends included, or no lines for a whole file.
type Span struct {
	Path       string
	Start, End int // 0, 0 for a whole file
}

// hits reports whether a result covers a target: the same path and, where the target has lines, a shared line.
func (s Span) hits(target Span) bool {
	return s.Path == target.Path && (target.Start == 0 || s.Start <= target.End && target.Start <= s.End)
}

// NDCG is the normalised discounted cumulative gain of the first k results. Every target has gain one, earned at
// the rank of the first result that hits it; several targets first hit at one rank count once, and later hits of
// a target give nothing but take up their rank. The ideal has all targets at the first ranks.
// Without targets it is 0.
func NDCG(results, targets []Span, k int) float64 {
	ranks := map[int]bool{}
	for _, t := range targets {
		for i, r := range results[:min(k, len(results))] {
			if r.hits(t) {
				ranks[i+1] = true
				break
			}
		}
	}
	var gain, ideal float64
	for rank := 1; rank <= k; rank++ {
		if ranks[rank] {
			gain += discount(rank)
		}
		if rank <= len(targets) {
			ideal += discount(rank)
		}
	}
	if ideal == 0 {
		return 0
	}
	return gain / ideal
}

func discount(rank int) float64 { return 1 / math.Log2(float64(rank)+1) }

// ReciprocalRank is one over the rank of the first relevant id, 0 when none was ranked.
func ReciprocalRank(ranked, relevant []int) float64 {
	if rank := firstRank(ranked, relevant); rank > 0 {
		return 1 / float64(rank)
	}
	return 0
}

// Recall is the share of the relevant ids among the first k.
func Recall(ranked, relevant []int, k int) float64 {
	if len(relevant) == 0 {
		return 0
	}
	found := 0
	for _, id := range ranked[:min(k, len(ranked))] {
		if slices.Contains(relevant, id) {
			found++
		}
	}
	return float64(found) / float64(len(relevant))
}

// firstRank returns the rank of the first relevant id, from 1, or 0.
func firstRank(ranked, relevant []int) int {
	return 1 + slices.IndexFunc(ranked, func(id int) bool { return slices.Contains(relevant, id) })
}

// quantile returns the q-quantile of durations by the nearest-rank rule, in milliseconds. It sorts them.
func quantile(durations []time.Duration, q float64) float64 {
	if len(durations) == 0 {
		return 0
	}
	slices.Sort(durations)
	i := max(0, int(math.Ceil(q*float64(len(durations))))-1)
	return float64(durations[i]) / float64(time.Millisecond)
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
