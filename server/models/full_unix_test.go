//go:build linux || darwin

package models

import (
	"errors"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"lsp/encoder/onnx"
)

// limitFiles keeps this process from writing files beyond a number of bytes, "" for no limit: a write beyond it fails as
// on a full disk.
func limitFiles(bytes string) error {
	if bytes == "" {
		return nil
	}
	n, err := strconv.ParseUint(bytes, 10, 63)
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := unix.Rlimit{Cur: n, Max: n}
	return unix.Setrlimit(unix.RLIMIT_FSIZE, &limit)
}

// TestDiskFull lets the writing of the model fail in the middle: nothing is installed, nothing is left but what a
// download can go on from, and the next attempt succeeds.
func TestDiskFull(t *testing.T) {
	folder := t.TempDir()
	from := archiveOf(t, map[string][]byte{"m": weights, "t": tokenizer})
	said, err := installElsewhere(t, installInto+"="+folder, installFrom+"="+from, installLimit+"="+strconv.Itoa(len(weights)/2))
	if err == nil || !strings.Contains(said, syscall.EFBIG.Error()) || !strings.Contains(said, "install test-model: onnx/model.onnx") {
		t.Errorf("the disk is full: %v: %s", err, said)
	}
	checkNothing(t, folder)
	if _, err := onnx.ReadManifest(folder, testSpec().Name); !errors.Is(err, onnx.ErrNotInstalled) {
		t.Errorf("after a full disk: %v", err)
	}
	m, err := (&Installer{Folder: folder}).Install(t.Context(), testSpec(), from)
	if err != nil {
		t.Fatal(err)
	}
	checkInstalled(t, m)
}
