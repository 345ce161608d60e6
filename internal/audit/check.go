package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits of one entry. Names are shown, not looked up, so an overlong one is
// cut; everything else that is too long is a mistake of the caller.
const (
	maxName    = 300       // characters
	maxID      = 200       // bytes; ids, kinds, action, address, request id
	maxDetails = 64 * 1024 // bytes of JSON: about 2,000 ids; larger lists belong to the object itself
)

var actionForm = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)+$`)

// contentOf checks an entry and puts it into its stored form, without id.
func contentOf(e Entry) (content, error) {
	details, err := canonicalDetails(e.Details)
	if err != nil {
		return content{}, err
	}
	c := content{
		actorKind: string(e.Actor.Kind), actorID: e.Actor.ID, actorName: shownName(e.Actor.Name),
		action:     e.Action,
		targetKind: e.Target.Kind, targetID: e.Target.ID, targetName: shownName(e.Target.Name),
		details: details, address: e.Address, requestID: e.RequestID, at: e.At,
	}
	return c, c.check()
}

func (c content) check() error {
	switch ActorKind(c.actorKind) {
	case KindUser, KindAgent, KindSystem, KindAnonymous:
	default:
		return fmt.Errorf("%q is no kind of actor", c.actorKind)
	}
	if !actionForm.MatchString(c.action) {
		return fmt.Errorf("action %q is not of the form noun.verb", c.action)
	}
	for _, s := range []string{c.actorID, c.action, c.targetKind, c.targetID, c.address, c.requestID} {
		if len(s) > maxID || !isStorable(s) {
			return fmt.Errorf("a field of %s has %d bytes (at most %d) or is not plain text", c.action, len(s), maxID)
		}
	}
	if len(c.details) > maxDetails {
		return fmt.Errorf("details of %s have %d bytes; at most %d", c.action, len(c.details), maxDetails)
	}
	return nil
}

// isStorable reports whether PostgreSQL stores the text as it is.
func isStorable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// shownName makes a name storable: what somebody calls itself (a host, a failed
// sign-in) must not be able to stop the trail.
func shownName(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
	if r := []rune(s); len(r) > maxName {
		return string(r[:maxName-1]) + "…"
	}
	return s
}

// canonicalDetails is the JSON text of details: members sorted at every depth,
// also those of structs, which encoding/json writes in field order.
func canonicalDetails(details map[string]any) (string, error) {
	if len(details) == 0 {
		return "{}", nil
	}
	raw, err := json.Marshal(details)
	if err != nil {
		return "", fmt.Errorf("encode audit details: %w", err)
	}
	var plain map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // a large integer must not become a rounded float
	if err := dec.Decode(&plain); err != nil {
		return "", fmt.Errorf("decode audit details: %w", err)
	}
	if key := findSecret("", plain); key != "" {
		return "", fmt.Errorf("audit details: %q looks like a secret", key)
	}
	raw, err = json.Marshal(redact(plain))
	if err != nil {
		return "", fmt.Errorf("encode audit details: %w", err)
	}
	return string(raw), nil
}
