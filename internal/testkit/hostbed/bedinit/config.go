package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// config is written by hostbed (Host.writeConfig) and read here.
type config struct {
	Dir      string   `json:"dir"` // state of this host, outside its root
	Hostname string   `json:"hostname"`
	Lower    []string `json:"lower"` // overlay layers, uppermost first
	Upper    string   `json:"upper"`
	Work     string   `json:"work"`
	Tmpfs    []tmpfs  `json:"tmpfs"`
	Fakes    []fake   `json:"fakes"`
	Repos    []repo   `json:"repos"`
	// Detached hosts outlive the process that started them.
	Detached bool `json:"detached"`
}

// tmpfs puts a small file system of its own under a directory of the host,
// with the directory's content copied into it.
type tmpfs struct {
	Path   string `json:"path"`
	SizeKB int    `json:"size_kb"`
}

// fake replaces the content of a file below /proc.
type fake struct {
	Path    string `json:"path"`
	Content string `json:"content"`
}

// repo is a directory that the host sees as an HTTP server.
type repo struct {
	Name string `json:"name"`
	Addr string `json:"addr"` // on the host's own loopback
	Dir  string `json:"dir"`
}

// service is started at every boot, as an init system would.
type service struct {
	Argv []string `json:"argv"`
	Env  []string `json:"env"`
	Log  string   `json:"log"` // outside the root
}

func (c config) path(name string) string { return filepath.Join(c.Dir, name) }
func (c config) root() string            { return c.path("mnt") }

func loadConfig(name string) (config, error) {
	var c config
	b, err := os.ReadFile(name)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, fmt.Errorf("read %s: %w", name, err)
	}
	return c, nil
}

func (c config) services() ([]service, error) {
	var s []service
	b, err := os.ReadFile(c.path("services.json"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s, json.Unmarshal(b, &s)
}
