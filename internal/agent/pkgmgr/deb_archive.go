package pkgmgr

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// errTruncated reports a package file that ends before its own table says.
var errTruncated = errors.New("the file is cut off")

const (
	arMagic  = "!<arch>\n"
	arHeader = 60
)

// wholeArchive checks that a .deb has all its bytes, by the sizes its members
// announce: a copy that ran out of space has a readable head and no tail.
func wholeArchive(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return checkArchive(f, info.Size())
}

func checkArchive(r io.ReaderAt, size int64) error {
	magic := make([]byte, len(arMagic))
	if _, err := r.ReadAt(magic, 0); err != nil || string(magic) != arMagic {
		return errors.New("no package file")
	}
	members := 0
	for at := int64(len(arMagic)); at < size; members++ {
		length, err := memberSize(r, at)
		if err != nil {
			return err
		}
		at += arHeader + length + length%2
		if at > size+1 { // the last member may lack its padding
			return errTruncated
		}
	}
	if members < 3 { // debian-binary, control, data
		return errTruncated
	}
	return nil
}

func memberSize(r io.ReaderAt, at int64) (int64, error) {
	header := make([]byte, arHeader)
	if _, err := r.ReadAt(header, at); err != nil {
		return 0, errTruncated
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(header[48:58])), 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return 0, fmt.Errorf("member at %d has no size", at)
	}
	return n, nil
}
