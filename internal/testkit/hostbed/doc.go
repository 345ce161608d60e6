// Package hostbed gives tests and the demo real Linux hosts to patch, break and
// throw away: own root, own processes, own network, real apt and dpkg, real
// pending Debian updates, in some 60 ms each. Nothing of the machine they run
// on changes.
//
//	bed := hostbed.Open(t)          // builds the cached base when missing
//	h := bed.Debian(t)              // real Debian 12 with real updates pending
//	h := bed.Demo(t)                // home-made packages for every awkward case
//	drv := pkgmgr.NewAPT(pkgmgr.Host{Root: h.Root, Run: h})
//	h.Exec(t, "apt-get", "-y", "dist-upgrade")
//	agent := h.Start(t, []string{"/usr/bin/patch-agent", "run"}, "agent.log")
//
// What a host is made of:
//
//	base      Debian 12 from the main pocket only, with some server packages (mmdebstrap)
//	layers    debian: + bookworm-updates and bookworm-security in its sources
//	          demo:   + the demo repository, its packages installed at version 1.0
//	          mixed:  debian, and demo-broken 1.0 whose update fails
//	upper     what this host changed; on a tmpfs when there is room
//
// Base, layers and repositories are built once per recipe below $PM_BED (default
// /var/cache/patch-manager-bed) under a lock and appear by one rename. The
// repositories hold the old and the new packages, so a host needs no mirror:
// its supervisor serves them on the host's own loopback under the names
// deb.example.org, security.example.org and demo.example.org. Release files keep
// Debian's labels and suites; the signature is the bed's own.
//
//	test process ── socket pair ── supervisor (own mounts and network,
//	     │                             │        serves the repositories)
//	bridge .1 ═══ veth ═══ eth0        └─ init = process 1 of this boot
//	                                        └─ agent, apt, dpkg …
//
// Guarantees: when the process that made a host ends, however it ends, the
// host's processes, mounts and interfaces end too, and the next Open removes
// the rest. A reboot ends every process, empties /run, changes the boot id,
// keeps the disk, and starts again what Start started. Hosts reach the address
// of the bridge ([Bed.Addr]) and each other, nothing else. Cutting the network
// of a host cuts it from those; its repositories have faults of their own
// ([Host.Break]).
//
// It needs root, Linux 5.10 with overlayfs and network namespaces, mmdebstrap,
// apt-utils, dpkg, gpg and iproute2; what is missing is said by name.
package hostbed
