// Package agenttest is an agent in the process of a test: it speaks the agent
// API over real mutual TLS on a 127.x address of its own, and does what the
// test says instead of touching packages.
//
//	ca := agenttest.NewCA(t)
//	a := agenttest.Start(t, agenttest.Options{CA: ca, HostID: host})
//	client := agentclient.New(agentclient.Config{TLS: ca.ClientTLS})
//	client.For(a.Target()).Health(ctx)
//
// It keeps the promises of the real one that others rely on: one journal with
// idempotency keys (same key, same job; same key and another order,
// KEY_REUSED), one job at a time (BUSY), events numbered from 1 that are
// replayed after any number, and a job it accepted is never "not found". The
// journal is in memory and survives Stop and Restart, which are a crash of the
// agent: a script that runs goes on, as a package tool would.
//
// Orders lists what was really carried out, so that a test can assert "at most
// once" whatever was sent.
package agenttest
