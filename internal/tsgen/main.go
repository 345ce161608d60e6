package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tsgen:", err)
		os.Exit(1)
	}
}

// run writes nothing at all unless the whole document could be translated.
func run(in io.Reader, out io.Writer) error {
	d, err := readDocument(in)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writeClient(&b, d); err != nil {
		return err
	}
	_, err = out.Write(b.Bytes())
	return err
}
