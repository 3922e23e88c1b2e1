//go:build cgo

package search_test

import (
	"context"
	"testing"

	"lsp/indexer/search"
)

// TestDefinitionsComeFirst asks for what only the header says, in other words than those of the definition.
func TestDefinitionsComeFirst(t *testing.T) {
	f := newFixture(t, map[string]string{
		"include/store.h": `/** Writes what has changed to the disk, and waits until it is safe there. */
API int st_sync(struct st *s);

/** Forgets the oldest entries when memory runs short. */
API void st_trim(struct st *s, int n);
`,
		"src/store.c": `#include "store.h"

int st_sync(struct st *s)
{
	return s->ops->fl(s->fd, 1);
}
`,
		"vendor/store.c": `#include "store.h"

int st_sync(struct st *s)
{
	return write(s->fd, 0);
}
`,
		"src/list.c": `static void list_push(struct list *l, int x)
{
	l->items[l->n++] = x;
}
`,
	}, false)
	for _, test := range []struct{ query, first, second string }{
		{"wait until changes are safe on disk", "src/store.c", "include/store.h"},
		{"wait until changes are safe on disk path:include", "include/store.h", ""},
		{"forget the oldest entries", "include/store.h", ""}, // defined nowhere
	} {
		resp := f.search(search.Request{Query: test.query, Explain: true})
		if len(resp.Results) == 0 || resp.Results[0].Path != test.first || test.second != "" && (len(resp.Results) < 2 || resp.Results[1].Path != test.second) {
			t.Errorf("%q found %v", test.query, names(resp))
			continue
		}
		for _, result := range resp.Results {
			sumsUp(t, test.query, result)
		}
		first := resp.Results[0]
		e, err := f.Explain(context.Background(), f.views(""), search.Request{Query: test.query}, first.Root, first.Path, first.StartLine)
		if err != nil {
			t.Fatal(err)
		}
		if e.Rank != 1 {
			t.Errorf("%q: the first result is explained as number %d", test.query, e.Rank)
		}
	}
}
