package engine

import (
	"context"
	"sync"
	"time"
)

// Clock is the time of an engine, replaced in tests.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f in a goroutine of its own after d, unless stop is called before.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// systemClock is the time of the machine.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// turns decides how many units are encoded in the background at the same time: none while somebody types or waits for an
// answer or, unless it is wanted, on battery; one between the searches of somebody who searches; else as many as there
// are slots. Whoever types or searches interrupts those that are being encoded.
type turns struct {
	clock   Clock
	battery func() bool // whether the machine runs on battery; false where nobody knows

	mu        sync.Mutex
	changed   chan struct{} // closed and replaced when more may be admitted
	slots     int
	running   map[*context.CancelFunc]bool // by what interrupts each
	quiet     time.Time                    // nothing is admitted until then
	searches  int                          // under way
	asking    time.Time                    // nothing is admitted until then as long as a search is under way
	searched  time.Time                    // of the last answer
	admitted  time.Time                    // of the last unit
	wake      time.Time                    // when those who wait are woken
	onBattery bool
	asked     time.Time // when the battery was asked last
	anyway    bool      // also on battery
}

const (
	// typingDelay is how long after a keystroke nothing is encoded, so that the pause between two words is not filled.
	typingDelay = 700 * time.Millisecond
	// searchDelay is how long after a search one unit is encoded at a time: searches come in rows.
	searchDelay = time.Second
	// searchPause is how long after a search nothing is encoded, as long as the last unit is no more than searchDelay ago:
	// what would be interrupted by the next key need not begin.
	searchPause = 200 * time.Millisecond
	// searchPatience is how long encoding waits for a search. What takes longer, such as a look for duplicates, does not
	// hold it up.
	searchPatience = 250 * time.Millisecond
	// batteryInterval is how often the source of power is asked for.
	batteryInterval = 20 * time.Second
)

func newTurns(clock Clock, battery func() bool) *turns {
	return &turns{clock: clock, battery: battery, changed: make(chan struct{}), slots: 1, running: map[*context.CancelFunc]bool{}}
}

// configure sets how many units may be encoded at a time, and whether they may be on battery.
func (t *turns) configure(slots int, anyway bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.slots, t.anyway = slots, anyway
	t.announce()
}

// typed notes a keystroke.
func (t *turns) typed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.quiet = t.clock.Now().Add(typingDelay)
	t.interrupt()
}

// search notes the beginning of a search; done notes its end.
func (t *turns) search() (done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.searches++
	t.asking = t.clock.Now().Add(searchPatience)
	t.interrupt()
	return t.answered
}

func (t *turns) answered() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.searches--
	t.searched = t.clock.Now()
	t.announce()
}

// enter waits for a turn; leave ends it. The context of a turn ends with it and with ctx, and when somebody begins to type or
// to search, who should not wait. An error means that ctx ended before there was a turn.
func (t *turns) enter(ctx context.Context) (turn context.Context, leave func(), err error) {
	for {
		t.mu.Lock()
		if err := ctx.Err(); err != nil {
			t.mu.Unlock()
			return nil, nil, err
		}
		if len(t.running) < t.free() {
			turn, cancel := context.WithCancel(ctx)
			t.running[&cancel], t.admitted = true, t.clock.Now()
			t.mu.Unlock()
			return turn, func() { t.leave(&cancel) }, nil
		}
		changed := t.changed
		t.wakeLater()
		t.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

func (t *turns) leave(cancel *context.CancelFunc) {
	(*cancel)()
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.running, cancel)
	t.announce()
}

// interrupt ends the contexts of all turns. The caller holds t.mu.
func (t *turns) interrupt() {
	for cancel := range t.running {
		(*cancel)()
	}
}

// hold tells why nothing may be encoded now, "" when something may.
func (t *turns) hold() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.clock.Now().Before(t.quiet):
		return "somebody types"
	case t.powerless():
		return "on battery; the setting encoderOnBattery goes on anyway"
	}
	return ""
}

// free is how many units may be encoded now. The caller holds t.mu, here and below.
func (t *turns) free() int {
	now := t.clock.Now()
	switch {
	case now.Before(t.quiet), t.searches > 0 && now.Before(t.asking), t.powerless():
		return 0
	case t.searches == 0 && t.pausing(now):
		return 0
	case t.searches > 0, now.Before(t.searched.Add(searchDelay)):
		return 1
	}
	return t.slots
}

// pausing reports whether another search is likely to come before a unit could be encoded.
func (t *turns) pausing(now time.Time) bool {
	return now.Before(t.searched.Add(searchPause)) && now.Before(t.admitted.Add(searchDelay))
}

// powerless reports whether the machine runs on battery and should spare it.
func (t *turns) powerless() bool {
	if t.anyway {
		return false
	}
	if now := t.clock.Now(); t.asked.IsZero() || now.Sub(t.asked) >= batteryInterval {
		t.asked, t.onBattery = now, t.battery()
	}
	return t.onBattery
}

// wakeLater sees to it that those who wait look again when what they wait for is over.
func (t *turns) wakeLater() {
	now := t.clock.Now()
	until := t.searched.Add(searchDelay)
	switch {
	case now.Before(t.quiet):
		until = t.quiet
	case t.searches > 0 && now.Before(t.asking):
		until = t.asking
	case t.pausing(now):
		until = t.searched.Add(searchPause)
	}
	if !now.Before(until) {
		if !t.onBattery {
			return // whoever leaves wakes them
		}
		until = t.asked.Add(batteryInterval)
	}
	if now.Before(t.wake) && !until.Before(t.wake) {
		return // they look again before
	}
	t.wake = until
	t.clock.AfterFunc(until.Sub(now), func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.announce()
	})
}

func (t *turns) announce() {
	close(t.changed)
	t.changed = make(chan struct{})
}
