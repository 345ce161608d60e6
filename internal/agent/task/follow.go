package task

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/agentapi"
	"patchmanager/internal/clock"
)

const (
	// followInterval is how often the files of a running tool are looked at. It
	// also bounds the status events to ten a second.
	followInterval = 100 * time.Millisecond
	// claimWait is how long a fresh supervisor may take to claim its tool.
	claimWait = 30 * time.Second
)

// tool is one run of a package tool.
type tool struct {
	files     toolFiles
	name      string
	stoppable bool
	gone      <-chan struct{} // closed when the supervisor has certainly ended; nil: not known
	claimBy   time.Time       // zero: whoever has not claimed it by now never will
}

func (r *run) toolOf(n int, stoppable bool) *tool {
	name := "tool-" + strconv.Itoa(n)
	return &tool{files: toolFiles{r.e.journal.path(r.rec().Job.JobID, name)}, name: name, stoppable: stoppable}
}

// end is how a tool ended.
type end struct {
	toolExit
	started  bool // false: nobody ever ran it, and nobody ever will
	vanished bool // it ran and is gone without having told its end
}

// fine reports success.
func (e end) fine() bool {
	return e.started && !e.vanished && e.Code == 0 && e.Signal == "" && e.Error == ""
}

// torn reports an end in the middle: somebody or something killed it.
func (e end) torn() bool { return e.vanished || e.Signal != "" }

// tool records, starts and follows one run of a package tool to its end.
func (r *run) tool(c pkgmgr.Command, stoppable bool) (end, error) {
	if err := r.e.update(r.j, func(rec *record) error { rec.Tool++; rec.Open = true; return nil }); err != nil {
		return end{}, err
	}
	t := r.toolOf(r.rec().Tool, stoppable)
	spec := toolSpec{Args: c.Args, Env: c.Env, StatusFD: c.StatusFD, TimeoutSeconds: int(math.Ceil(c.Timeout.Seconds())), Stoppable: stoppable}
	if err := writeJSON(t.files.spec(), spec); err != nil {
		return end{}, fmt.Errorf("write command: %w", err)
	}
	gone, err := r.e.spawner.start(r.ctx, t.files, "patch-agent-job-"+r.rec().Job.JobID+"-"+strconv.Itoa(r.rec().Tool))
	if err != nil && r.e.spawner.systemd && r.ctx.Err() == nil {
		r.say("systemd did not start the package tool, the agent does: %v", err)
		gone, err = spawner{command: r.e.spawner.command}.start(r.ctx, t.files, "")
	}
	if err != nil {
		return end{}, err
	}
	t.gone, t.claimBy = gone, r.now().Add(claimWait)
	return r.follow(t)
}

// follow tells what a tool writes until it has ended. When the agent stops it
// returns and the tool runs on; when the job is cancelled a stoppable tool is
// told to stop and followed to its end.
func (r *run) follow(t *tool) (end, error) {
	p := r.newPump(t)
	told := false
	for {
		exit, err := t.files.readExit() // before pumping: all its words are there then
		if err != nil {
			return end{}, err
		}
		p.pump(exit != nil)
		if exit != nil {
			return r.ended(end{toolExit: *exit, started: true}), nil
		}
		claim, err := t.files.readClaim()
		if err != nil {
			return end{}, err
		}
		if lost, err := r.lost(t, claim); err != nil || lost != nil {
			p.pump(true)
			return r.endedLost(t, lost), err
		}
		if t.stoppable && !told && claim != nil && r.work.Err() != nil && r.ctx.Err() == nil {
			told = true
			if err := unix.Kill(claim.PID, unix.SIGTERM); err != nil && !errors.Is(err, unix.ESRCH) {
				r.say("the package tool cannot be stopped: %v", err)
			}
		}
		if err := clock.Sleep(r.ctx, r.e.opts.Clock, followInterval); err != nil {
			return end{}, err
		}
	}
}

// lost finds out whether nobody runs the tool any more although its end was
// not written. Where nobody has claimed it the agent does, so that a late
// supervisor does not start it.
func (r *run) lost(t *tool, claim *toolClaim) (*end, error) {
	if claim == nil {
		gone := false
		select {
		case <-t.gone:
			gone = true
		default:
		}
		if !gone && r.now().Before(t.claimBy) {
			return nil, nil
		}
		first, err := t.files.take(toolClaim{Abandoned: true})
		if err != nil || !first {
			return nil, err
		}
		return &end{}, nil
	}
	if claim.Abandoned {
		return &end{}, nil
	}
	if claim.alive() {
		return nil, nil
	}
	return &end{started: true, vanished: true}, nil
}

// endedLost looks once more: a supervisor may have written the end between the
// look at the file and the look at the process.
func (r *run) endedLost(t *tool, lost *end) end {
	if lost == nil {
		return end{}
	}
	if exit, err := t.files.readExit(); err == nil && exit != nil {
		return r.ended(end{toolExit: *exit, started: true})
	}
	return r.ended(*lost)
}

func (r *run) ended(e end) end {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	r.j.rec.Open = false                                        // on disk with the next step; until then the end is found again
	if e.started && !e.vanished && r.j.rec.Step != stepFinish { // tidying up says nothing about the job
		code := e.Code
		r.j.rec.Job.ExitCode = &code
	}
	return e
}

// failure is the error of the newest tool that a person can act on.
func (r *run) failure(e end, phase agentapi.Phase) *agentapi.Error {
	files := r.toolOf(r.rec().Tool, false).files
	switch {
	case !e.started:
		return agentapi.NewError(agentapi.CodePackageManagerError, "the package tool could not be started: %s", tailText(files.log(), 4096))
	case e.Error != "":
		return agentapi.NewError(agentapi.CodePackageManagerError, "the package tool could not be started: %s", e.Error)
	case e.vanished:
		return agentapi.NewError(agentapi.CodeAgentRestarted, "the package tool was killed from outside and could not tell how far it came")
	}
	o := pkgmgr.Outcome{Phase: phase, ExitCode: e.Code, Signal: e.Signal, Output: []byte(mask(tailText(files.log(), 256<<10)))}
	o.Failed = failedIn(files.status(), r.e.opts.Manager)
	if err := r.e.opts.Manager.Classify(o); err != nil {
		return maskError(err)
	}
	return agentapi.NewError(agentapi.CodePackageManagerError, "the package tool ended with code %d %s", e.Code, e.Signal)
}
