package search

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

// TestConcurrently holds that errors and panics of what runs beside the caller are the caller's.
func TestConcurrently(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	var calls atomic.Int32
	err := concurrently(4, func(i int) error {
		calls.Add(1)
		return []error{nil, first, nil, second}[i]
	})
	if err != first || calls.Load() != 4 {
		t.Errorf("%v after %d calls, want the first error after 4", err, calls.Load())
	}
	defer func() {
		if cause := fmt.Sprint(recover()); !strings.Contains(cause, "out of cheese") || !strings.Contains(cause, "TestConcurrently") {
			t.Errorf("recovered %q, want the panic and where it was", cause)
		}
	}()
	_ = concurrently(2, func(i int) error {
		if i == 1 {
			panic("out of cheese")
		}
		return nil
	})
}
