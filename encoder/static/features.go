package static

import (
	"math"

	"lsp/encoder"
)

// Feature is one distinct token of a text and how much it counts there, before the weight the model learned for
// the token itself.
type Feature struct {
	ID     uint32
	Weight float32
}

// Fields holds one weight for each field of a unit: how much one occurrence of a token counts there.
type Fields struct {
	Owner         float32 `json:"owner"`
	Name          float32 `json:"name"`
	Signature     float32 `json:"signature"`
	Documentation float32 `json:"documentation"`
	Body          float32 `json:"body"`
}

// bagSlots is the size of a bag's table. Tokens and pairs of one text together stay below bagLimit, so that
// probing is short and always ends.
const (
	bagSlots = 2048
	bagLimit = 1024
	// MaxTokens bounds the tokens a model may read of one text: each but the first may bring a pair with it, and
	// the id of units comes on top.
	MaxTokens = bagLimit / 2
)

// A bag counts the tokens of one text. It is reused from text to text and allocates nothing.
type bag struct {
	scanner scanner
	pieces  [maxPieces]uint32
	tokens  int               // tokens counted so far
	slots   [bagSlots]uint16  // 1 + index in entries, 0 when free
	homes   [bagLimit]uint16  // the slot of each entry, to be cleared
	entries [bagLimit]Feature // distinct ids with their summed field weights
	n       int               // entries in use
}

func (b *bag) reset() {
	for _, slot := range b.homes[:b.n] {
		b.slots[slot] = 0
	}
	b.n, b.tokens = 0, 0
}

func (b *bag) add(id uint32, weight float32) {
	slot := (id * 2654435761) >> 21 // the upper 11 bits: bagSlots values
	for b.slots[slot] != 0 {
		if e := &b.entries[b.slots[slot]-1]; e.ID == id {
			e.Weight += weight
			return
		}
		slot = (slot + 1) % bagSlots
	}
	b.entries[b.n] = Feature{id, weight}
	b.homes[b.n] = uint16(slot)
	b.n++
	b.slots[slot] = uint16(b.n)
}

// addText counts the tokens of text, each with the given weight, until limit tokens were counted in this bag.
func (b *bag) addText(v *vocabulary, text string, weight float32, limit int) {
	if weight == 0 {
		return
	}
	b.scanner.reset(text)
	previous := noID // the last word that was whole and no stop word
	for b.tokens < limit && b.scanner.next() {
		n := v.pieces(b.scanner.word[:b.scanner.length], &b.pieces)
		for _, id := range b.pieces[:n] {
			if b.tokens == limit {
				return
			}
			b.tokens++
			b.add(id, weight)
		}
		switch {
		case n != 1 || b.pieces[0] >= v.words:
			previous = noID
		case b.pieces[0] >= v.stop:
			if previous != noID {
				if id := v.pair(previous, b.pieces[0]); id != noID {
					b.add(id, weight)
				}
			}
			previous = b.pieces[0]
		}
	}
}

// addUnit counts the fields of a unit in the order of the recipe, and what all units have last.
func (b *bag) addUnit(v *vocabulary, fields *Fields, u *encoder.Unit, limit int) {
	b.addText(v, u.Owner, fields.Owner, limit)
	b.addText(v, u.Name, fields.Name, limit)
	b.addText(v, u.Signature, fields.Signature, limit)
	b.addText(v, u.Documentation, fields.Documentation, limit)
	b.addText(v, u.Body, fields.Body, limit)
	if b.n > 0 {
		b.add(v.unit(), 1)
	}
}

// Occurrences are weighed in steps of 1/weighSteps, up to weighMost of them, so that a table gives the weight: it
// costs less than a logarithm and gives every platform the same bits.
const (
	weighSteps = 16
	weighMost  = 256
)

var weighTable = func() (table [weighSteps*weighMost + 1]float32) {
	for i := range table {
		table[i] = float32(math.Log2(1 + float64(i)/weighSteps))
	}
	return table
}()

// weigh turns summed occurrences into weights: log2(1+tf), which is 1 for one plain occurrence.
func (b *bag) weigh() []Feature {
	entries := b.entries[:b.n]
	for i := range entries {
		step := min(int(entries[i].Weight*weighSteps), len(weighTable)-1)
		entries[i].Weight = weighTable[step]
	}
	return entries
}
