package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/coreos/go-systemd/v22/daemon"

	"patchmanager/internal/agent"
	"patchmanager/internal/agent/pkgmgr"
	"patchmanager/internal/logx"
	"patchmanager/internal/version"
)

type runCmd struct {
	Listen   string `placeholder:"ADDRESS" help:"Listen here instead of where the configuration says, e.g. :12443."`
	StateDir string `placeholder:"DIR" help:"Keep identity and journal here instead of where the configuration says."`
}

// settingsWith reads the configuration and lets flags win over it.
func settingsWith(env *environment, listen, stateDir string) (agent.Settings, error) {
	settings, err := env.settings()
	if err != nil {
		return settings, err
	}
	if listen != "" {
		settings.Listen = listen
	}
	if stateDir != "" {
		settings.StateDir = stateDir
	}
	if err := settings.Check(); err != nil {
		return settings, usageError{err}
	}
	return settings, nil
}

// Run is the agent's whole life.
func (c *runCmd) Run(env *environment) error {
	settings, err := settingsWith(env, c.Listen, c.StateDir)
	if err != nil {
		return err
	}
	log := logx.New(os.Stderr, logx.Options{Level: settings.LogLevel})
	config, err := configOf(settings, log)
	if err != nil {
		return err
	}
	a, err := agent.New(config)
	if err != nil {
		return err
	}
	log.Info("agent started", "version", version.String(), "listen", a.Addr().String(), "state_dir", settings.StateDir, "allowlist", settings.Allowlist)
	notify(log, daemon.SdNotifyReady)
	defer context.AfterFunc(env.ctx, func() { notify(log, daemon.SdNotifyStopping) })()
	if err := a.Run(env.ctx); err != nil {
		return fmt.Errorf("the agent has to stop: %w", err)
	}
	log.Info("agent stopped; package tools that run are left alone")
	return nil
}

func configOf(s agent.Settings, log *slog.Logger) (agent.Config, error) {
	allow, err := s.Prefixes()
	if err != nil {
		return agent.Config{}, usageError{err}
	}
	return agent.Config{
		StateDir: s.StateDir, Listen: s.Listen, Allow: allow, Log: log,
		RebootCommand: s.RebootCommand, SavedMaxBytes: s.SavedPackagesMiB << 20,
		Manager: pkgmgr.NewAPT(pkgmgr.Host{Root: "/", Run: pkgmgr.ExecRunner{}}),
	}, nil
}

// notify tells systemd, where it is that started us.
func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("tell systemd", "state", state, "error", err)
	}
}
