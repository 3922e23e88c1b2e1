package engine

import "testing"

// TestPausedWorkTellsNothing: a report of work that is paused would bring the bar back that somebody has cancelled.
func TestPausedWorkTellsNothing(t *testing.T) {
	told := 0
	r := &root{engine: &Engine{cfg: Config{OnProgress: func(Progress) { told++ }}}}
	for _, step := range []struct {
		paused bool
		p      Progress
		want   int
	}{
		{false, Progress{Done: 1, Total: 9}, 1},
		{true, Progress{Done: 1, Total: 9}, 1},
		{true, Progress{Model: "minilm", Done: 1, Total: 9}, 1},
		{true, Progress{Finished: true}, 2},
		{false, Progress{Done: 2, Total: 9}, 3},
	} {
		r.pause(step.paused)
		r.tell(step.p)
		if told != step.want {
			t.Errorf("%+v, paused %v: told %d times, want %d", step.p, step.paused, told, step.want)
		}
	}
}
