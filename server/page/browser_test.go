//go:build browsertest

package page_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBrowser runs testdata/browser/page.mjs against the real program. It needs Node.js, the packages of
// testdata/browser/package.json in the folder PAGE_MODULES, and Chromium, whose file CHROMIUM may name; .ci/run page
// brings them. PAGE_PICTURES may name a folder for screenshots.
func TestBrowser(t *testing.T) {
	program := filepath.Join(t.TempDir(), "lsp")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "lsp/server/lsp").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	folder := filepath.Join(t.TempDir(), "shop")
	if err := os.CopyFS(folder, os.DirFS("testdata/shop")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, ".env"), []byte("TOKEN=nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	const greeting = "def welcomeVisitor(name):\n    \"\"\"Greet the visitor of the shop.\"\"\"\n    return 'Welcome, ' + name\n"
	if err := os.WriteFile(filepath.Join(other, "greeting.py"), []byte(greeting), 0o600); err != nil {
		t.Fatal(err)
	}
	address, both := serve(t, program, folder), serve(t, program, folder, other)
	script := filepath.Join(t.TempDir(), "page.mjs") // beside its packages: imports are looked up from there
	text, err := os.ReadFile("testdata/browser/page.mjs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(script, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(os.Getenv("PAGE_MODULES"), filepath.Join(filepath.Dir(script), "node_modules")); err != nil {
		t.Fatal(err)
	}
	arguments := []string{script, address, folder, both}
	if pictures := os.Getenv("PAGE_PICTURES"); pictures != "" {
		arguments = append(arguments, pictures)
	}
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		if chromium, err = exec.LookPath("chromium"); err != nil {
			t.Fatal(err)
		}
	}
	node := exec.CommandContext(t.Context(), "node", arguments...)
	node.Env = append(os.Environ(), "CHROMIUM="+chromium)
	out, err := node.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("drive the page: %v", err)
	}
}

// serve starts the program on folders and returns the address of its page.
func serve(t *testing.T, program string, folders ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	arguments := []string{"serve", "--open", "--no-browser", "--cache-dir", t.TempDir()}
	for _, folder := range folders {
		arguments = append(arguments, "--root", folder)
	}
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	t.Cleanup(func() {
		cancel()
		for lines.Scan() {
			t.Log(lines.Text())
		}
		var ended *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &ended) && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "lsp: the page is at "); ok {
			return address
		}
		t.Log(lines.Text())
	}
	t.Fatalf("the program did not say where the page is: %v", lines.Err())
	return ""
}
