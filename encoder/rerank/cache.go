package rerank

import (
	"container/list"
	"context"
	"sync"

	"github.com/zeebo/xxh3"

	"lsp/encoder"
)

// DefaultMemory is how many bytes a cache keeps in memory when nobody says: the states of some thousand functions, or
// the vectors of forty thousand.
const DefaultMemory = 64 << 20

// Cache keeps what a model made of units, by their text: the latest in memory, more in a file if it was opened with
// one. It is safe for concurrent use.
type Cache struct {
	limit int64
	disk  *disk // nil without a file

	mu     sync.Mutex
	used   int64
	recent *list.List // of *entry, the latest used first
	byKey  map[key]*list.Element
}

// key tells texts apart.
type key [16]byte

// entry is what is kept of one text.
type entry struct {
	key   key
	value []byte
}

// entryOverhead is about what an entry takes beside its value.
const entryOverhead = 160

// NewCache returns a cache in memory of at most so many bytes; 0 means DefaultMemory.
func NewCache(memory int64) *Cache {
	if memory <= 0 {
		memory = DefaultMemory
	}
	return &Cache{limit: memory, recent: list.New(), byKey: map[key]*list.Element{}}
}

// Close closes the file of the cache.
func (c *Cache) Close() error {
	if c.disk == nil {
		return nil
	}
	return c.disk.close()
}

// keyOf is the key of a unit, or of a question and a unit.
func keyOf(query string, u *encoder.Unit) key {
	h := xxh3.New()
	for _, field := range [...]string{query, u.Owner, u.Name, u.Signature, u.Documentation, u.Body} {
		h.WriteString(field)
		h.WriteString("\xff") // no byte of UTF-8 text
	}
	return h.Sum128().Bytes()
}

// get returns what is kept of a unit for a question, or for all of them under "", which compute makes when nothing is. The
// value must not be changed. What is made of an unsaved unit stays in memory.
func (c *Cache) get(ctx context.Context, query string, u *encoder.Unit, compute func(context.Context) ([]byte, error)) ([]byte, error) {
	k := keyOf(query, u)
	if value, ok := c.remembered(k); ok {
		return value, nil
	}
	if c.disk != nil {
		if value, ok := c.disk.get(k); ok {
			c.remember(k, value)
			return value, nil
		}
	}
	value, err := compute(ctx)
	if err != nil {
		return nil, err
	}
	c.remember(k, value)
	if c.disk != nil && !u.Unsaved {
		c.disk.put(k, value)
	}
	return value, nil
}

func (c *Cache) remembered(k key) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.byKey[k]
	if !ok {
		return nil, false
	}
	c.recent.MoveToFront(at)
	return at.Value.(*entry).value, true
}

// remember puts a value first and drops the last ones beyond the limit. What is larger than that is not kept.
func (c *Cache) remember(k key, value []byte) {
	size := int64(len(value) + entryOverhead)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[k]; ok || size > c.limit {
		return
	}
	c.byKey[k] = c.recent.PushFront(&entry{k, value})
	for c.used += size; c.used > c.limit; {
		last := c.recent.Back()
		old := c.recent.Remove(last).(*entry)
		delete(c.byKey, old.key)
		c.used -= int64(len(old.value) + entryOverhead)
	}
}
