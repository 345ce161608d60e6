// Package archtest holds the shape of the house: which package stands on which
// floor, and who may import whom. Its test fails on an import upward or
// sideways, on a driver or server package in the agent, on test code in a
// binary, and on a package without a comment of its own.
//
//	5  reports dashboard notify live rollouts     read everything
//	4  jobs
//	3  patches vulns windows discovery enrollment
//	2  hosts ca
//	1  auth settings audit
//	0  db httpx config clock …                    know no domain
//
// cmd and app stand above, agentapi below all; the agent stands apart, on
// agentapi and a few of floor 0. The linter's depguard rules are made from the
// same table (make generate), so that an editor says it before the test does.
package archtest
