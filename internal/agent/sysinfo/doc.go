// Package sysinfo reads what a host says about itself: its name, release,
// kernel, addresses, and whether it or some of its services run on files that
// were replaced.
//
// Everything is read from files below a root, never from uname(2) or a tool, so
// that one agent binary answers alike on every distribution and tests can put a
// host together from files. A file that is not there makes its answer empty; it
// is not an error, because containers lack many.
//
//	reboot need =  /run/reboot-required exists
//	            or a kernel of the running flavour is installed that is newer
//	               than the running one (not in a container, which has no kernel,
//	               and not when the running kernel did not come from a package)
package sysinfo
