package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// update rewrites the expected outputs in testdata/script.
var update = flag.Bool("update", false, "rewrite the expected outputs in testdata/script")

// TestMain lets the test binary stand in for lsp: scripts start it as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lsp": main})
}

// TestScripts runs every command as a real process, in a folder and with a home of its own. Beside the commands
// of testscript there are
//
//	exit STATUS COMMAND...   runs a command that must end with that very status
//	steady                   writes the last stdout to $WORK/answer.json without what differs from run to run
//	flip FILE OFFSET         inverts one byte of a file; a negative offset counts from the end
func TestScripts(t *testing.T) { testscript.Run(t, scripts("testdata/script")) }

// scripts says how the scripts of a folder are run. Models are in $WORK/models.
func scripts(dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			for _, name := range []string{"HOME", "USERPROFILE", "XDG_CONFIG_HOME"} {
				env.Setenv(name, home)
			}
			for _, name := range []string{"XDG_CACHE_HOME", "LOCALAPPDATA", "CACHE"} {
				env.Setenv(name, filepath.Join(home, "cache"))
			}
			env.Setenv("LSP_MODELS", filepath.Join(env.WorkDir, "models"))
			return os.MkdirAll(home, 0o755)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exit": scriptExit, "steady": scriptSteady, "flip": scriptFlip,
		},
	}
}

func scriptExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit STATUS COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("%v ended with status %d, want %d", args[1:], got, want)
	}
}

// volatile matches the parts of an answer that differ from run to run or with the model.
var volatile = regexp.MustCompile(`"(tookMs|score|value)":[-+.0-9e]+`)

func scriptSteady(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: steady")
	}
	text := volatile.ReplaceAllString(ts.ReadFile("stdout"), `"$1":0`)
	text = strings.ReplaceAll(text, filepath.ToSlash(ts.Getenv("WORK")), "$WORK")
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), "answer.json"), []byte(text), 0o644))
}

func scriptFlip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE OFFSET")
	}
	files, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("%s matches no file", args[0])
	}
	data, err := os.ReadFile(files[0])
	ts.Check(err)
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	if at < 0 {
		at += len(data)
	}
	data[at] ^= 0xff
	ts.Check(os.WriteFile(files[0], data, 0o644))
}
