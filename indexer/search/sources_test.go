package search_test

import (
	"runtime"
	"testing"

	"lsp/indexer/search"
	"lsp/indexer/vector"
)

// TestEngineOfView holds that the vectors of a root are searched as its view says, with what there is for that.
func TestEngineOfView(t *testing.T) {
	f := newFixture(t, corpus, false)
	views := f.views("")
	views[0].Engine = vector.EngineCoder
	segment := views[0].Epoch.Layers[0].Segment
	if runtime.GOOS != "windows" { // where it does not compile
		c, err := vector.BuildCoder(t.Context(), segment.Vectors())
		if err != nil {
			t.Fatal(err)
		}
		segment.SetCoder(c)
	}
	sources, err := search.VectorSources(views)
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	if s := sources[0]; s.Engine != vector.EngineCoder || s.Coder != segment.Coder() {
		t.Errorf("searched by %q in %p, want %q in %p", s.Engine, s.Coder, vector.EngineCoder, segment.Coder())
	}
}
