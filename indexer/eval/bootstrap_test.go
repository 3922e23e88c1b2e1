package eval_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"lsp/indexer/eval"
)

// TestBootstrap compares intervals with what is known of the mean: nothing varies, or the normal approximation.
func TestBootstrap(t *testing.T) {
	if got := eval.Bootstrap(nil); got != [2]float64{} {
		t.Errorf("of nothing: %v", got)
	}
	if got := eval.Bootstrap([]float64{0.25, 0.25, 0.25}); got != [2]float64{0.25, 0.25} {
		t.Errorf("of equal differences: %v", got)
	}
	random := rand.New(rand.NewPCG(3, 5))
	differences := make([]float64, 400)
	sum, squares := 0.0, 0.0
	for i := range differences {
		differences[i] = random.NormFloat64() + 0.1
		sum += differences[i]
		squares += differences[i] * differences[i]
	}
	n := float64(len(differences))
	average := sum / n
	deviation := 1.96 * math.Sqrt((squares/n-average*average)/n)
	got := eval.Bootstrap(differences)
	if math.Abs(got[0]-(average-deviation)) > deviation/10 || math.Abs(got[1]-(average+deviation)) > deviation/10 {
		t.Errorf("got %v, want about %v", got, [2]float64{average - deviation, average + deviation})
	}
	if again := eval.Bootstrap(differences); again != got {
		t.Errorf("%v, then %v", got, again)
	}
}
