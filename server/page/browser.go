package page

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
)

// browserCommand is the command of a system that opens an address in the browser of the person.
func browserCommand(system, address string) []string {
	switch system {
	case "darwin":
		return []string{"open", address}
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler", address}
	}
	return []string{"xdg-open", address}
}

// OpenBrowser opens an address in the browser of the person. It returns when the system has taken it on.
func OpenBrowser(ctx context.Context, address string) error {
	command := browserCommand(runtime.GOOS, address)
	if err := exec.CommandContext(ctx, command[0], command[1:]...).Run(); err != nil {
		return fmt.Errorf("open the browser with %s: %w", command[0], err)
	}
	return nil
}
