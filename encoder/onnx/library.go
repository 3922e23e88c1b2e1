package onnx

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// Environment variables.
const (
	LibraryVariable = "LSP_ONNXRUNTIME" // shared library of ONNX Runtime
	FolderVariable  = "LSP_MODELS"      // folder that models are installed into
)

// OldestRuntime is the first version of ONNX Runtime with the interface that the binding was made for.
const OldestRuntime = "1.24"

const adviceRuntime = "install one with: lsp model install onnxruntime"

// ErrNoRuntime says that the shared library of ONNX Runtime was found nowhere.
var ErrNoRuntime = errors.New("ONNX Runtime is not installed; " + adviceRuntime + " (or set " + LibraryVariable + " to its shared library)")

// DefaultFolder returns the folder that models are installed into: that of the environment, else "semantic-lsp/models"
// in the folder where this system keeps the data of a user's programs. It is relative when the system names none.
func DefaultFolder() string {
	if dir := os.Getenv(FolderVariable); dir != "" {
		return dir
	}
	return filepath.Join(dataFolder(), "semantic-lsp", "models")
}

func dataFolder() string {
	home, _ := os.UserHomeDir() // without one the folder is relative to the working directory
	switch runtime.GOOS {
	case "windows":
		if dir := os.Getenv("LOCALAPPDATA"); dir != "" {
			return dir
		}
		return filepath.Join(home, "AppData", "Local")
	case "darwin", "ios":
		return filepath.Join(home, "Library", "Application Support")
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(home, ".local", "share")
}

// FindLibrary returns the path of the shared library of ONNX Runtime: the one that is set, else that of the
// environment, else the one installed in folder, else that of the system. A library that is named must exist; one
// that is found nowhere is ErrNoRuntime.
func FindLibrary(set, folder string) (string, error) {
	for _, named := range []struct{ path, by string }{
		{set, "the setting"}, {os.Getenv(LibraryVariable), LibraryVariable},
	} {
		if named.path == "" {
			continue
		}
		if _, err := os.Stat(named.path); err != nil {
			return "", fmt.Errorf("find ONNX Runtime, named by %s: %w", named.by, err)
		}
		return filepath.Abs(named.path)
	}
	if m, err := ReadManifest(folder, RuntimeName); err == nil {
		if path := m.Path(RoleLibrary); path != "" {
			return filepath.Abs(path)
		}
	} else if !errors.Is(err, ErrNotInstalled) {
		return "", fmt.Errorf("find ONNX Runtime: %w", err)
	}
	for _, pattern := range systemLibraries() {
		found, err := filepath.Glob(pattern)
		if err == nil && len(found) > 0 {
			return slices.Max(found), nil
		}
	}
	return "", ErrNoRuntime
}

// systemLibraries are patterns of where packages of the system put the library.
func systemLibraries() []string {
	var dirs []string
	name := "libonnxruntime.so*"
	switch runtime.GOOS {
	case "windows":
		// Windows brings an old onnxruntime.dll of its own in its system folder: that one is of no use.
		name = "onnxruntime.dll"
	case "darwin", "ios":
		name, dirs = "libonnxruntime*.dylib", []string{"/opt/homebrew/lib", "/usr/local/lib"}
	default:
		dirs = append(filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")), "/usr/local/lib", "/usr/lib", "/usr/lib64", "/usr/lib/*-linux-*")
	}
	if self, err := os.Executable(); err == nil {
		dirs = append([]string{filepath.Dir(self)}, dirs...)
	}
	for i, dir := range dirs {
		dirs[i] = filepath.Join(dir, name)
	}
	return dirs
}
