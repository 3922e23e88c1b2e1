package vector

import "sync"

// Constants of the staged scan, chosen with the benchmark Recall.
const (
	// minCandidates and candidateShare give the number of closest codes to score among n: at least the one, and n over the other.
	minCandidates  = 2000
	candidateShare = 32
	// rankFactor and minRanked give the number of rows ranked at full precision for k results: bytes alone misplace some of the
	// best. With these the scan finds as many of the top ten as scoring everything does, at 10,000 vectors.
	rankFactor = 4
	minRanked  = 64
	// blockRows is how many rows are worked on between two looks at the context.
	blockRows = 1 << 14
	// stretchRows is how many rows share one decision on how to leave out those that are not allowed, and sparseShare the share
	// of allowed units below which rows are compared one by one: comparing many at once costs about a third of that for each.
	stretchRows = 1 << 10
	sparseShare = 4
)

// narrowQuery is a query as 12-bit numbers, to be multiplied with the bytes of rows.
type narrowQuery struct {
	values []int16
	scale  float32
}

func narrow(query []float32) narrowQuery {
	var largest float32
	for _, x := range query {
		largest = max(largest, x, -x)
	}
	q := narrowQuery{values: make([]int16, len(query)), scale: largest / maxFine}
	for i, x := range query {
		q.values[i] = int16(quantise(x, q.scale, maxFine))
	}
	return q
}

// approximate returns the dot product of the query and the bytes of a stored vector.
func (s *Section) approximate(q narrowQuery, slot uint32) float32 {
	return float32(float64(dotBytes(q.values, s.row(slot))) * (float64(s.scale(slot)) * 16 * float64(q.scale)))
}

// distances is the reusable memory of the first stage: how far each slot's code is from the query's.
type distances struct{ list []uint16 }

var distancePool = sync.Pool{New: func() any { return new(distances) }}

// notAllowed is the distance of a slot whose unit may not be found.
const notAllowed = 1<<16 - 1

// scan offers the best candidates of the given sources by the bits and bytes of their vectors.
func (s *searcher) scan(which []int) error {
	slots, units, allowed := 0, 0, 0 // allowed: slots, as far as the share of allowed units tells
	for _, i := range which {
		section := s.sources[i].Section
		slots += section.slots
		units += s.units[i]
		allowed += section.slots * s.units[i] / max(1, section.distinct)
		s.stats.Engines[i] = EngineScan
	}
	wanted := s.opts.Candidates
	if wanted <= 0 {
		wanted = max(minCandidates, allowed/candidateShare)
	}
	wanted = max(wanted, 2*s.best.limit)
	if units <= wanted {
		return s.scoreAllowed(which)
	}
	memory := distancePool.Get().(*distances)
	defer distancePool.Put(memory)
	if cap(memory.list) < slots {
		memory.list = make([]uint16, slots)
	}
	histogram := make([]int, (1+strongWeight)*len(s.query)+1)
	at := 0
	for _, i := range which {
		n := s.sources[i].Section.slots
		if err := s.compare(s.sources[i], memory.list[at:at+n], histogram); err != nil {
			return err
		}
		at += n
	}
	threshold, sum := 0, 0
	for threshold = range histogram {
		if sum += histogram[threshold]; sum >= wanted {
			break
		}
	}
	for _, n := range histogram[threshold+1:] {
		s.best.dropped = s.best.dropped || n > 0
	}
	at = 0
	for _, i := range which {
		n := s.sources[i].Section.slots
		if err := s.scoreClose(i, memory.list[at:at+n], uint16(threshold)); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// compare writes the distance of every slot's code from the query's and counts them in the histogram, those that are allowed.
func (s *searcher) compare(src Source, out []uint16, histogram []int) error {
	section := src.Section
	code := newCodeQuery(s.query, section.mean)
	for from := 0; from < len(out); from += stretchRows {
		if from%blockRows == 0 && s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		stretch := out[from:min(from+stretchRows, len(out))]
		if src.Allow == nil {
			s.compareAll(section, code, from, stretch, histogram)
		} else {
			s.compareAllowed(src, code, from, stretch, histogram)
		}
	}
	return nil
}

// compareAll is compare for the slots from one on, all of which are allowed.
func (s *searcher) compareAll(section *Section, code *codeQuery, from int, out []uint16, histogram []int) {
	code.distances(section.codes(from), out)
	for _, d := range out {
		histogram[d]++
	}
	s.stats.Compared += len(out)
}

// compareAllowed is compare for a stretch of slots of which not all may be allowed.
func (s *searcher) compareAllowed(src Source, code *codeQuery, from int, out []uint16, histogram []int) {
	section := src.Section
	first, end := section.Unit(uint32(from)), section.Unit(uint32(from+len(out)-1))+1
	switch n := src.Allow.CountRange(first, end); {
	case n == int(end-first):
		s.compareAll(section, code, from, out, histogram)
	case sparseShare*n < int(end-first):
		for i := range out {
			if out[i] = notAllowed; src.Allow.Has(section.Unit(uint32(from + i))) {
				s.compareAll(section, code, from+i, out[i:i+1], histogram)
			}
		}
	default:
		code.distances(section.codes(from), out)
		for i, d := range out {
			unit := section.Unit(uint32(from + i))
			bit := uint16(src.Allow[unit>>6]>>(unit&63)) & 1
			histogram[d] += int(bit)
			out[i] = d | (bit - 1) // notAllowed, without a branch that nobody can predict
		}
		s.stats.Compared += len(out)
	}
}

// scoreClose offers the slots of a source whose distance is at most the threshold. All with the same distance are taken, so that
// what is found does not depend on the order of slots or their division into sections.
func (s *searcher) scoreClose(source int, distance []uint16, threshold uint16) error {
	section := s.sources[source].Section
	for from := 0; from < len(distance); from += blockRows {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		for i, d := range distance[from:min(from+blockRows, len(distance))] {
			if d <= threshold {
				s.offer(source, section, uint32(from+i))
			}
		}
	}
	return nil
}

// offer scores a slot by its bytes and offers it.
func (s *searcher) offer(source int, section *Section, slot uint32) {
	s.stats.Scored++
	s.best.offer(candidate{score: section.approximate(s.narrow, slot), source: uint32(source), slot: slot})
}

// scoreAllowed offers every slot of the allowed units without comparing bits first: there are few.
func (s *searcher) scoreAllowed(which []int) error {
	for _, i := range which {
		err := s.eachUnit(s.sources[i], func(_, from, to uint32) {
			for slot := from; slot < to; slot++ {
				s.offer(i, s.sources[i].Section, slot)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachUnit calls visit with every allowed unit that has vectors, in order, and its slots.
func (s *searcher) eachUnit(src Source, visit func(unit, from, to uint32)) error {
	section := src.Section
	if src.Allow == nil {
		for from, to := uint32(0), uint32(0); int(from) < section.slots; from = to {
			unit := section.Unit(from)
			for to = from + 1; int(to) < section.slots && section.Unit(to) == unit; to++ {
			}
			if from/blockRows != to/blockRows && s.ctx.Err() != nil {
				return s.ctx.Err()
			}
			visit(unit, from, to)
		}
		return nil
	}
	from, to, seen := uint32(0), uint32(0), 0
	for unit := range src.Allow.All {
		if int(unit) >= section.unitBound {
			break
		}
		if seen++; seen%blockRows == 0 && s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if from, to = section.slotsFrom(unit, to); from < to {
			visit(unit, from, to)
		}
	}
	return nil
}

// exact scores every allowed vector at full precision.
func (s *searcher) exact() ([]Hit, error) {
	s.best.reset(s.k)
	for i, src := range s.sources {
		if src.Section == nil {
			continue
		}
		s.stats.Engines[i] = EngineScan
		err := s.eachUnit(src, func(_, from, to uint32) {
			best := candidate{score: src.Section.score(s.query, from), source: uint32(i), slot: from}
			for slot := from + 1; slot < to; slot++ {
				if score := src.Section.score(s.query, slot); score > best.score {
					best.score, best.slot = score, slot
				}
			}
			s.stats.Ranked += int(to - from)
			s.best.offer(best)
		})
		if err != nil {
			return nil, err
		}
	}
	return s.distinct(s.best.list), nil
}
