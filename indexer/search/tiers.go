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

// tier is what a run knows of the second set of vectors of its sources, see indexer.VectorSet. A unit that has vectors of both
// encoders is judged by both: by a mean of what each says of it and the query, calibrated. Vectors of the two are never
// compared, and cosines are not before they are on one scale.
type tier struct {
	encoder    encoder.Encoder
	vector     []float32 // of the query, nil when it has no meaning to the encoder
	background float64   // cosine of the query with an average unit
	blocks     []vector.Source
	first      map[*indexer.VectorSet]int // where the blocks of a set begin
	share      float64                    // of the second encoder in the mean

	// Of the cosines of the first encoder, of those of the second, and the scale on which their mean lies as the first encoder's
	// cosines do on theirs: two that do not always agree are further from the average less often.
	firsts, seconds, common encoder.Calibration
}

// TierShare tells how much of what was searched has vectors of a second encoder. Where a unit has one, both encoders decide
// how near it is in meaning, else the first one alone.
type TierShare struct {
	Model string `json:"model"`
	Done  int    `json:"done"`  // units with such vectors
	Total int    `json:"total"` // units
}

// prepareTier finds the second set of vectors and encodes the query for it. Of several second encoders, which there are for
// a moment after a switch, one is used. One that cannot encode the query, because it was closed meanwhile, is not used at
// all: the first answers. So it does for names, which are found by the letter. Likeness is asked for where the query is
// code itself.
func (r *run) prepareTier(encode func(enc encoder.Encoder, dst []float32) error, likeness bool) error {
	t := &tier{first: map[*indexer.VectorSet]int{}, share: r.weights.Second.Share}
	for i := range r.sources {
		t.take(&r.sources[i])
	}
	if t.encoder == nil {
		return nil
	}
	r.tier = t
	if r.class == Identifier || r.class == Qualified {
		r.shareTier()
		r.dropTier()
		return nil
	}
	v := make([]float32, t.encoder.Dimensions())
	if err := encode(t.encoder, v); err != nil {
		r.dropTier()
		return r.ctx.Err()
	}
	t.vector, t.background = meaningOf(t.encoder, v)
	r.shareTier()
	r.allowTier()
	r.trustMeaning()
	return r.calibrate(likeness)
}

// trustMeaning lets the meaning of what somebody describes count for more, by as many units as have vectors of both
// encoders: two that judge together are wrong less often than one.
func (r *run) trustMeaning() {
	if !r.class.isProse() || r.share.Total == 0 {
		return
	}
	done := float64(r.share.Done) / float64(r.share.Total)
	weights := *r.weights
	evidence := &weights.Evidence[r.class]
	evidence[Meaning] *= 1 + done*(weights.Second.Meaning-1)
	evidence[FileMeaning] *= 1 + done*(weights.Second.FileMeaning-1)
	r.weights = &weights
}

// dropTier leaves the query to the first encoder.
func (r *run) dropTier() {
	r.tier = nil
	for i := range r.sources {
		r.sources[i].cover = nil
	}
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

// shareTier counts what has vectors of the second encoder.
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
}

// allowTier lets the second encoder find the units that may be found.
func (r *run) allowTier() {
	for i := range r.sources {
		s := &r.sources[i]
		if s.cover == nil {
			continue
		}
		covered := s.allow.Clone()
		if covered == nil {
			covered = bitset.Full(s.seg.Units())
		}
		covered.And(s.cover.Has)
		for u := range covered.All {
			block, entry := s.cover.Entry(u)
			r.tier.blocks[s.firstBlock+block].Allow.Add(entry)
		}
	}
}

// nearestUnits returns about k of the units nearest to the query by each encoder.
func (r *run) nearestUnits(k int, opts vector.Options) (out []ref, err error) {
	search := func(sources []vector.Source, query []float32, add func(vector.Hit)) error {
		hits, err := untied(k, func(k int) ([]vector.Hit, error) { return vector.Search(r.ctx, sources, query, k, opts) },
			func(h vector.Hit) float32 { return h.Score })
		for _, h := range hits {
			add(h)
		}
		return err
	}
	if r.vector != nil {
		if err := search(r.vectors, r.vector, func(h vector.Hit) { out = append(out, ref{h.Source, h.Unit}) }); err != nil {
			return nil, err
		}
	}
	if t := r.tier; t != nil && t.vector != nil {
		err := search(t.blocks, t.vector, func(h vector.Hit) {
			r.unitsOf(h.Source, h.Unit, func(u ref) { out = append(out, u) })
		})
		if err != nil {
			return nil, err
		}
	}
	return distinct(out), nil
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

// firstHits turns units into entries of the sets of the first encoder.
func firstHits(units []ref) []vector.Hit {
	hits := make([]vector.Hit, len(units))
	for i, u := range units {
		hits[i] = vector.Hit{Source: u.source, Unit: u.unit}
	}
	return hits
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

// nearness is how near a unit is to the query: a cosine on the scale of the first encoder.
type nearness struct {
	cosine float64
	second float64 // what the second encoder brings to its distance from the base
	known  bool    // whether an encoder has a vector
}

// nearnesses tells how near units are by the encoders that have vectors of each.
func (r *run) nearnesses(units []ref) ([]nearness, error) {
	out := make([]nearness, len(units))
	if r.vector != nil {
		hits := firstHits(units)
		if err := vector.Score(r.vectors, r.vector, hits); err != nil {
			return nil, err
		}
		for i, h := range hits {
			if h.Slot != vector.NoSlot {
				out[i] = nearness{cosine: float64(h.Score), known: true}
			}
		}
	}
	t := r.tier
	if t == nil || t.vector == nil {
		return out, nil
	}
	hits, at := r.secondHits(units)
	if err := vector.Score(t.blocks, t.vector, hits); err != nil {
		return nil, err
	}
	for i, h := range hits {
		if h.Slot == vector.NoSlot {
			continue
		}
		n := &out[at[i]]
		second, share := t.seconds.Move(float64(h.Score), t.common), 1.0
		if n.known {
			share = t.share
			n.cosine = (1-share)*t.firsts.Move(n.cosine, t.common) + share*second
		} else {
			n.cosine = second
		}
		n.second, n.known = share*(second-r.base()), true
	}
	return out, nil
}

// base is the cosine of an average unit on the scale of nearnesses.
func (r *run) base() float64 {
	if r.vector == nil && r.tier != nil {
		return r.tier.background
	}
	return r.background
}

// scoreMeaning sets how near every candidate is in meaning, above an average unit.
func (r *run) scoreMeaning() error {
	units := make([]ref, len(r.candidates))
	for i := range r.candidates {
		units[i] = r.candidates[i].ref
	}
	near, err := r.nearnesses(units)
	if err != nil {
		return err
	}
	for i, n := range near {
		if n.known {
			r.candidates[i].meaning, r.candidates[i].second = n.cosine-r.base(), n.second
		}
	}
	return nil
}

// Units that both encoders have vectors of, from which the cosines of a query are calibrated: enough that their mean and
// deviation say something, and few enough to cost nothing.
const (
	leastCalibrated = 32
	mostCalibrated  = 128
)

// calibrate compares what both encoders say about the query and the same units. These are the ones with the lowest
// content hashes, as good as any, so that the calibration does not depend on how units are spread over segments. Where
// there are too few, each encoder's own background must do, and where one makes nothing of the query, the other decides alone.
func (r *run) calibrate(likeness bool) error {
	t := r.tier
	t.firsts = encoder.Calibration{Mean: r.background, Deviation: 1}
	t.seconds = encoder.Calibration{Mean: t.background, Deviation: 1}
	if t.common = t.firsts; r.vector == nil {
		t.common = t.seconds
	}
	if t.vector == nil || r.vector == nil {
		return nil
	}
	units := r.lowestHashes(mostCalibrated)
	second, at := r.secondHits(units)
	first := firstHits(units)
	if err := errors.Join(vector.Score(t.blocks, t.vector, second), vector.Score(r.vectors, r.vector, first)); err != nil {
		return err
	}
	var firsts, seconds []float64
	for i, h := range second {
		if f := first[at[i]]; h.Slot != vector.NoSlot && f.Slot != vector.NoSlot {
			firsts, seconds = append(firsts, float64(f.Score)), append(seconds, float64(h.Score))
		}
	}
	if len(firsts) >= leastCalibrated {
		t.align(firsts, seconds, likeness)
	}
	return nil
}

// align calibrates by what both encoders say about some units: mean and deviation are made equal. Where likeness is asked
// for, mean and one are: the same text has a cosine of one by any encoder, and keeps it.
func (t *tier) align(firsts, seconds []float64, likeness bool) {
	a, b := calibrationOf(firsts), calibrationOf(seconds)
	if likeness {
		a.Deviation, b.Deviation = 1-a.Mean, 1-b.Mean
	}
	if a.Deviation <= 0 || b.Deviation <= 0 {
		return
	}
	t.firsts, t.seconds, t.common = a, b, a
	if likeness {
		return
	}
	both := make([]float64, len(firsts))
	for i := range both {
		both[i] = (1-t.share)*firsts[i] + t.share*b.Move(seconds[i], a)
	}
	if c := calibrationOf(both); c.Deviation > 0 {
		t.common.Deviation *= a.Deviation / c.Deviation
	}
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

// splitMeaning tells which encoder brought how much of the contribution of the meaning.
func (r *run) splitMeaning(c *scored) {
	i := slices.IndexFunc(c.parts, func(p Contribution) bool { return p.Name == Meaning.String() })
	if i < 0 || r.tier == nil || c.meaning == 0 {
		return
	}
	whole := c.parts[i].Value
	second := whole * c.second / c.meaning
	var split []Contribution
	for _, by := range []struct {
		enc   encoder.Encoder
		value float64
	}{{r.encoder, whole - second}, {r.tier.encoder, second}} {
		if by.value != 0 {
			split = append(split, Contribution{Meaning.String() + " by " + by.enc.Identity().Model, by.value})
		}
	}
	c.parts = slices.Replace(c.parts, i, i+1, split...)
}

// encodeQuery returns how the query of a run is encoded.
func encodeQuery(ctx context.Context, text string) func(encoder.Encoder, []float32) error {
	return func(enc encoder.Encoder, dst []float32) error { return enc.EncodeQuery(ctx, text, dst) }
}
