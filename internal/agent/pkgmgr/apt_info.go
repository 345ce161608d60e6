package pkgmgr

import (
	"bytes"
	"io"
	"os"
)

// maxScript bounds what is read of a maintainer script (the longest in Debian
// has 60 KiB; binary ones exist).
const maxScript = 256 << 10

// infoText reads a file that dpkg keeps about an installed package; most
// packages have most of them not.
func (a *APT) infoText(p dpkgPackage, kind string) string {
	f, err := a.openInfo(p, kind)
	if err != nil {
		return ""
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxScript))
	if err != nil {
		return ""
	}
	return string(data)
}

// openInfo opens dpkg's file; co-installable packages carry the architecture.
func (a *APT) openInfo(p dpkgPackage, kind string) (*os.File, error) {
	f, err := os.Open(a.host.Path(dpkgInfoDir + "/" + p.Name + ":" + p.Arch + "." + kind))
	if err == nil {
		return f, nil
	}
	return os.Open(a.host.Path(dpkgInfoDir + "/" + p.Name + "." + kind))
}

// fileCount is how many paths the installed version of a package has.
func (a *APT) fileCount(p dpkgPackage) int64 {
	f, err := a.openInfo(p, "list")
	if err != nil {
		return 0
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return 0
	}
	return int64(bytes.Count(data, []byte{'\n'}))
}
