package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// bar draws one progress line on a terminal. Without a terminal it writes nothing, so that logs and pipes stay
// clean. It is safe for concurrent use.
type bar struct {
	mu     sync.Mutex
	w      io.Writer
	width  int
	active bool
	now    func() time.Time
	last   time.Time // of the line on the screen
	drawn  bool      // a line is on the screen
}

// barInterval is the least time between two drawings: more often nobody can read.
const barInterval = 100 * time.Millisecond

// newBar returns the bar of a console.
func newBar(con *console) *bar {
	width := con.width
	if width == 0 {
		width = defaultWidth
	}
	return &bar{w: con.err, width: width, active: con.errTTY, now: time.Now}
}

// show draws what is being done and how far it is. A total of 0 means that the end is not known yet.
func (b *bar) show(what string, done, total int) {
	if !b.active {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if b.drawn && now.Sub(b.last) < barInterval && done < total {
		return
	}
	b.last, b.drawn = now, true
	fmt.Fprint(b.w, "\r\x1b[K"+barLine(what, done, total, b.width-1))
}

// clear removes the bar from the screen; a later show draws it again.
func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.drawn = false
	}
}

// barLine renders a progress line of at most width columns.
func barLine(what string, done, total, width int) string {
	const cells = 24
	if total <= 0 {
		line := what + " …"
		if done > 0 {
			line = fmt.Sprintf("%s … %s", what, thousands(done))
		}
		return cut(line, width)
	}
	done = min(max(done, 0), total)
	full := done * cells / total
	meter := strings.Repeat("█", full) + strings.Repeat("░", cells-full)
	return cut(fmt.Sprintf("%s %s %3d%%  %s/%s", what, meter, done*100/total, thousands(done), thousands(total)), width)
}

// thousands writes a count with separators: 105,000.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && digits[i-1] != '-' && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// counted names a number of things: 1 index, 2 indexes.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}
