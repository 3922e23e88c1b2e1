package search

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/bitset"
	"lsp/indexer/store"
	"lsp/indexer/vector"
)

// tier is what a run knows of the second set of vectors of its sources, see indexer.VectorSet. A unit is scored by the
// second encoder where that has a vector of it, else by the first; cosines of the two are never compared as they are.
type tier struct {
	encoder    encoder.Encoder
	vector     []float32 // of the query, nil when it has no meaning to the encoder
	background float64   // cosine of the query with an average unit
	blocks     []vector.Source
	first      map[*indexer.VectorSet]int // where the blocks of a set begin
	leads      bool                       // most units have a vector of it: its scale and its weights are used
	gaps       bool                       // some units that may be found have none
	rest       []vector.Source            // of the first encoder, those units alone

	led, leading encoder.Calibration // of the encoder whose scale is not used, and of the other one
}

// TierShare tells how much of what was searched has vectors of a second encoder. Where a unit has one, the second encoder
// alone decides how near it is in meaning.
type TierShare struct {
	Model string `json:"model"`
	Done  int    `json:"done"`  // units with such vectors
	Total int    `json:"total"` // units
}

// prepareTier finds the second set of vectors, encodes the query for it, and decides what each encoder is asked. Of
// several second encoders, which there are for a moment after a switch, one is used. One that cannot encode the query,
// because it was closed meanwhile, is not used at all: the first answers.
func (r *run) prepareTier(encode func(enc encoder.Encoder, dst []float32) error) error {
	t := &tier{first: map[*indexer.VectorSet]int{}}
	for i := range r.sources {
		t.take(&r.sources[i])
	}
	if t.encoder == nil {
		return nil
	}
	v := make([]float32, t.encoder.Dimensions())
	if err := encode(t.encoder, v); err != nil {
		if ctx := r.ctx.Err(); ctx != nil {
			return ctx
		}
		for i := range r.sources {
			r.sources[i].cover = nil
		}
		return nil
	}
	t.vector, t.background = meaningOf(t.encoder, v)
	r.tier = t
	r.shareTier()
	r.allowTier()
	return r.calibrate()
}

// meaningOf returns the vector of a query, nil when it is zero, and its cosine with an average unit.
func meaningOf(enc encoder.Encoder, v []float32) (vector []float32, background float64) {
	if slices.ContainsFunc(v, func(x float32) bool { return x != 0 }) {
		vector = v
	}
	for i, m := range enc.Mean() {
		background += float64(m) * float64(v[i])
	}
	return vector, background
}

// take makes the blocks of a source's set known.
func (t *tier) take(s *source) {
	set := s.view.Epoch.Vectors
	if set == nil || t.encoder != nil && set.Encoder() != t.encoder {
		return
	}
	c := s.view.Epoch.Coverage(s.at)
	if c == nil || c.Empty() {
		return
	}
	t.encoder = set.Encoder()
	if _, known := t.first[set]; !known {
		t.first[set] = len(t.blocks)
		for _, b := range set.Blocks() {
			t.blocks = append(t.blocks, vector.Source{Section: b.Vectors(), Allow: bitset.New(b.Len())})
		}
	}
	s.cover, s.firstBlock = c, t.first[set]
}

// shareTier counts what has vectors of the second encoder, and lets it lead when that is most.
func (r *run) shareTier() {
	share := &TierShare{Model: r.tier.encoder.Identity().Model}
	var seen []string
	for i := range r.views {
		v := &r.views[i]
		if slices.Contains(seen, v.Root) {
			continue
		}
		seen = append(seen, v.Root)
		done, total := v.Epoch.Covered()
		share.Total += total
		if v.Epoch.Vectors != nil && v.Epoch.Vectors.Encoder() == r.tier.encoder {
			share.Done += done
		}
	}
	r.share = share
	r.tier.leads = 2*share.Done >= share.Total
	if r.tier.leads && r.options.Weights == nil {
		weights := DefaultWeights(r.tier.encoder.Identity())
		r.weights = &weights
	}
}

// allowTier divides the units that may be found between the encoders.
func (r *run) allowTier() {
	t := r.tier
	t.rest = slices.Clone(r.vectors)
	for i := range r.sources {
		s := &r.sources[i]
		rest := s.allow.Clone()
		if rest == nil {
			rest = bitset.Full(s.seg.Units())
		}
		if s.cover != nil {
			covered := rest.Clone()
			covered.And(s.cover.Has)
			rest.AndNot(s.cover.Has)
			for u := range covered.All {
				block, entry := s.cover.Entry(u)
				t.blocks[s.firstBlock+block].Allow.Add(entry)
			}
		}
		t.rest[i].Allow = rest
		t.gaps = t.gaps || rest.Count() > 0
	}
}

// near is a unit near to the query with its cosine on the scale of the encoder that leads.
type near struct {
	ref
	cosine float64
}

// depths divides k between the encoders by what each has to decide about, so that two of them cost what one does. A few
// are left to either, and all to both where the request measures.
func (r *run) depths(k int) (first, second int) {
	if r.tier == nil || !r.tier.gaps || r.req.Depth > 0 {
		return k, k
	}
	second = k * r.share.Done / max(1, r.share.Total)
	return max(k-second, k/8), max(second, k/8)
}

// nearestUnits returns about k of the units nearest to the query, by the encoder that decides about each.
func (r *run) nearestUnits(k int, opts vector.Options) (out []near, err error) {
	firstK, secondK := r.depths(k)
	search := func(k int, sources []vector.Source, query []float32) ([]vector.Hit, error) {
		return untied(k, func(k int) ([]vector.Hit, error) { return vector.Search(r.ctx, sources, query, k, opts) },
			func(h vector.Hit) float32 { return h.Score })
	}
	t := r.tier
	if t == nil || t.gaps {
		sources := r.vectors
		if t != nil {
			sources = t.rest
		}
		if r.vector != nil {
			hits, err := search(firstK, sources, r.vector)
			if err != nil {
				return nil, err
			}
			for _, h := range hits {
				out = append(out, near{ref{h.Source, h.Unit}, r.onScale(float64(h.Score), false)})
			}
		}
	}
	if t == nil || t.vector == nil {
		return out, nil
	}
	hits, err := search(secondK, t.blocks, t.vector)
	if err != nil {
		return nil, err
	}
	for _, h := range hits {
		r.unitsOf(h.Source, h.Unit, func(u ref) { out = append(out, near{u, r.onScale(float64(h.Score), true)}) })
	}
	return out, nil
}

// unitsOf calls add with the units that may be found and have the vectors of an entry of a block.
func (r *run) unitsOf(block int, entry uint32, add func(ref)) {
	for set, first := range r.tier.first {
		if block < first || block >= first+len(set.Blocks()) {
			continue
		}
		h := set.Blocks()[block-first].Hash(entry)
		for i := range r.sources {
			s := &r.sources[i]
			if s.cover == nil || s.view.Epoch.Vectors != set {
				continue
			}
			s.seg.FindAll(h, func(u uint32) {
				if s.allow.Has(u) {
					add(ref{i, u})
				}
			})
		}
	}
}

// secondHits turns those units that have vectors of the second encoder into entries of its blocks. The position of each
// among the units is returned beside it.
func (r *run) secondHits(units []ref) (hits []vector.Hit, at []int) {
	for i, u := range units {
		if s := &r.sources[u.source]; s.cover != nil && s.cover.Has.Has(u.unit) {
			block, entry := s.cover.Entry(u.unit)
			hits = append(hits, vector.Hit{Source: s.firstBlock + block, Unit: entry})
			at = append(at, i)
		}
	}
	return hits, at
}

// scoreMeaning sets how near every candidate is in meaning, above the background of the encoder that leads.
func (r *run) scoreMeaning() error {
	units := make([]ref, len(r.candidates))
	for i := range r.candidates {
		units[i] = r.candidates[i].ref
	}
	second := make([]bool, len(units))
	if t := r.tier; t != nil {
		hits, at := r.secondHits(units)
		if t.vector != nil {
			if err := vector.Score(t.blocks, t.vector, hits); err != nil {
				return err
			}
		}
		for i, h := range hits {
			second[at[i]] = true
			if t.vector != nil && h.Slot != vector.NoSlot {
				r.candidates[at[i]].meaning = r.onScale(float64(h.Score), true) - r.leadingBackground()
			}
		}
	}
	if r.vector == nil {
		return nil
	}
	hits := make([]vector.Hit, len(units))
	for i, u := range units {
		hits[i] = vector.Hit{Source: u.source, Unit: u.unit}
	}
	if err := vector.Score(r.vectors, r.vector, hits); err != nil {
		return err
	}
	for i, h := range hits {
		if !second[i] && h.Slot != vector.NoSlot {
			r.candidates[i].meaning = r.onScale(float64(h.Score), false) - r.leadingBackground()
		}
	}
	return nil
}

// leadingBackground is the cosine of the query with an average unit by the encoder that leads.
func (r *run) leadingBackground() float64 {
	if r.tier != nil && r.tier.leads {
		return r.tier.background
	}
	return r.background
}

// onScale moves a cosine of one encoder to the scale of the one that leads.
func (r *run) onScale(cosine float64, second bool) float64 {
	if r.tier == nil || r.tier.leads == second {
		return cosine
	}
	return r.tier.led.Move(cosine, r.tier.leading)
}

// Units that both encoders have vectors of, from which the cosines of a query are calibrated: enough that their mean and
// deviation say something, and few enough to cost nothing.
const (
	leastCalibrated = 32
	mostCalibrated  = 128
)

// calibrate compares what both encoders say about the query and the same units. These are the ones with the lowest
// content hashes, as good as any, so that the calibration does not depend on how units are spread over segments. Where
// there are too few, each encoder's own background must do.
func (r *run) calibrate() error {
	t := r.tier
	t.leading = encoder.Calibration{Mean: t.background, Deviation: 1}
	t.led = encoder.Calibration{Mean: r.background, Deviation: 1}
	if !t.leads {
		t.leading, t.led = t.led, t.leading
	}
	if !t.gaps || t.vector == nil || r.vector == nil {
		return nil
	}
	units := r.lowestHashes(mostCalibrated)
	second, at := r.secondHits(units)
	first := make([]vector.Hit, len(units))
	for i, u := range units {
		first[i] = vector.Hit{Source: u.source, Unit: u.unit}
	}
	if err := errors.Join(vector.Score(t.blocks, t.vector, second), vector.Score(r.vectors, r.vector, first)); err != nil {
		return err
	}
	var firsts, seconds []float64
	for i, h := range second {
		if f := first[at[i]]; h.Slot != vector.NoSlot && f.Slot != vector.NoSlot {
			firsts, seconds = append(firsts, float64(f.Score)), append(seconds, float64(h.Score))
		}
	}
	a, b := calibrationOf(firsts), calibrationOf(seconds)
	if len(firsts) < leastCalibrated || a.Deviation == 0 || b.Deviation == 0 {
		return nil
	}
	t.led, t.leading = a, b
	if !t.leads {
		t.led, t.leading = b, a
	}
	return nil
}

// calibrationOf returns mean and deviation of values.
func calibrationOf(values []float64) encoder.Calibration {
	n, sum, square := float64(len(values)), 0.0, 0.0
	for _, v := range values {
		sum += v
	}
	mean := sum / max(1, n)
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	return encoder.Calibration{Mean: mean, Deviation: math.Sqrt(square / max(1, n))}
}

// lowestHashes returns the n live units with vectors of the second encoder whose hashes are the lowest, one for each hash.
func (r *run) lowestHashes(n int) []ref {
	type hashed struct {
		hash store.Hash
		ref
	}
	var all []hashed
	for i := range r.sources {
		s := &r.sources[i]
		if s.cover == nil {
			continue
		}
		for place, taken := 0, 0; place < s.seg.Units() && taken < n; place++ {
			if u := s.seg.ByHash(place); s.layer.Alive.Has(u) && s.cover.Has.Has(u) {
				all = append(all, hashed{s.seg.Hash(u), ref{i, u}})
				taken++
			}
		}
	}
	slices.SortFunc(all, func(a, b hashed) int {
		return cmp.Or(slices.Compare(a.hash[:], b.hash[:]), compareRefs(a.ref, b.ref))
	})
	all = slices.CompactFunc(all, func(a, b hashed) bool { return a.hash == b.hash })
	var units []ref
	for _, h := range all[:min(len(all), n)] {
		units = append(units, h.ref)
	}
	return units
}

// partName is the name of a contribution in an explanation: with two encoders it tells which one judged the meaning.
func (r *run) partName(c *scored, name string) string {
	if r.tier == nil || name != Meaning.String() {
		return name
	}
	enc := r.encoder
	if s := &r.sources[c.source]; s.cover != nil && s.cover.Has.Has(c.unit) {
		enc = r.tier.encoder
	}
	return name + " by " + enc.Identity().Model
}

// encodeQuery returns how the query of a run is encoded.
func encodeQuery(ctx context.Context, text string) func(encoder.Encoder, []float32) error {
	return func(enc encoder.Encoder, dst []float32) error { return enc.EncodeQuery(ctx, text, dst) }
}
