package engine

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"
)

// handClock is a time that moves when the test says so.
type handClock struct {
	mu    sync.Mutex
	now   time.Time
	later []func()
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) AfterFunc(_ time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.later = append(c.later, f)
	return func() bool { return false }
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	due := c.later
	c.later = nil
	c.mu.Unlock()
	for _, f := range due {
		f()
	}
}

// room counts how many may enter now.
func room(t *testing.T, turns *turns) (n int) {
	t.Helper()
	var leave []func()
	for {
		ctx, cancel := context.WithCancel(context.Background())
		turns.mu.Lock()
		full := len(turns.running) >= turns.free()
		turns.mu.Unlock()
		if full {
			cancel() // enter would wait
		}
		_, l, err := turns.enter(ctx)
		cancel()
		if err != nil {
			break
		}
		leave = append(leave, l)
	}
	for _, l := range leave {
		l()
	}
	return len(leave)
}

func TestTurns(t *testing.T) {
	clock := &handClock{now: time.Unix(1e9, 0)}
	battery := false
	turns := newTurns(clock, func() bool { return battery })
	turns.configure(3, false)
	want := func(what string, n int, hold string) {
		t.Helper()
		if got := room(t, turns); got != n || turns.hold() != hold {
			t.Errorf("%s: %d may encode (%q), want %d (%q)", what, got, turns.hold(), n, hold)
		}
	}
	want("at rest", 3, "")
	answered := turns.search()
	want("while somebody waits for an answer", 0, "")
	clock.advance(searchPatience)
	want("while a search takes long", 1, "")
	answered()
	want("when the next search may come", 0, "")
	clock.advance(searchPause)
	want("after an answer", 1, "")
	turns.search()()
	want("when another one may come", 0, "")
	for range 2 * searchDelay / searchPause {
		turns.search()()
		clock.advance(searchPause / 2)
	}
	want("in a row of searches", 1, "")
	want("after that one", 0, "")
	clock.advance(searchDelay)
	want("after a search", 3, "")
	turns.typed()
	want("while somebody types", 0, "somebody types")
	clock.advance(typingDelay)
	want("after typing", 3, "")
	battery = true
	clock.advance(batteryInterval)
	want("on battery", 0, "on battery; the setting encoderOnBattery goes on anyway")
	turns.configure(2, true)
	want("on battery, wanted", 2, "")
	turns.configure(2, false)
	battery = false
	clock.advance(batteryInterval)
	want("on mains", 2, "")
}

// TestTurnsWakeThoseWhoWait has somebody wait for the end of typing.
func TestTurnsWakeThoseWhoWait(t *testing.T) {
	clock := &handClock{now: time.Unix(1e9, 0)}
	turns := newTurns(clock, func() bool { return false })
	turns.typed()
	entered := make(chan error, 1)
	go func() {
		_, leave, err := turns.enter(context.Background())
		if err == nil {
			leave()
		}
		entered <- err
	}()
	for {
		clock.mu.Lock()
		waiting := len(clock.later) > 0
		clock.mu.Unlock()
		if waiting {
			break
		}
		runtime.Gosched()
	}
	select {
	case <-entered:
		t.Fatal("entered while somebody types")
	default:
	}
	clock.advance(typingDelay)
	if err := <-entered; err != nil {
		t.Fatal(err)
	}
}

// TestTurnsAreInterrupted has somebody search and type while units are encoded.
func TestTurnsAreInterrupted(t *testing.T) {
	clock := &handClock{now: time.Unix(1e9, 0)}
	turns := newTurns(clock, func() bool { return false })
	turns.configure(2, false)
	for what, disturb := range map[string]func(){"search": func() { turns.search()() }, "keystroke": turns.typed} {
		var all []context.Context
		for range 2 {
			turn, leave, err := turns.enter(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer leave()
			all = append(all, turn)
		}
		for _, turn := range all {
			if turn.Err() != nil {
				t.Errorf("a turn ended before the %s", what)
			}
		}
		disturb()
		for _, turn := range all {
			if turn.Err() == nil {
				t.Errorf("a turn goes on after the %s", what)
			}
		}
		clock.advance(searchDelay)
		turns.configure(4, false)
	}
}
