// Command picture turns the output of a terminal session into an SVG: text with colours on standard input, the
// drawing on standard output. The picture in the README is made with it.
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	screen, err := readScreen(bufio.NewReader(os.Stdin))
	if err == nil {
		err = screen.writeSVG(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(2)
	}
}
