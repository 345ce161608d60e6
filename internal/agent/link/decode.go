package link

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"patchmanager/internal/agentapi"
)

// maxRebootDelay is a day: who wants later orders later.
const maxRebootDelay = 24 * 60 * 60

// Names and versions by the rules of Debian policy 5.6.1 and 5.6.12; a name may
// carry an architecture. Neither can begin with a dash and become an option.
var (
	aptName    = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]*(:[a-z0-9][a-z0-9-]*)?$`)
	aptVersion = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+~:-]*$`)
	planHash   = regexp.MustCompile(`^[0-9a-zA-Z:]{1,128}$`)
	orderKey   = regexp.MustCompile(`^[!-~]*$`)
)

func invalid(field, value, message string) *agentapi.Error {
	e := agentapi.NewError(agentapi.CodeInvalid, "%s: %s", field, message)
	e.Details = []agentapi.Detail{{Field: field, Value: shorten(value), Message: message}}
	return e
}

func shorten(text string) string {
	const enough = 80
	if len(text) > enough {
		text = strings.ToValidUTF8(text[:enough], "") + "…"
	}
	return text
}

// decode reads a body strictly: one value, no member that this agent does not
// know.
func decode(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return err
		}
		return invalid("body", "", "it ended too early")
	}
	return decodeBytes(body, into)
}

func decodeBytes(body []byte, into any) error {
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil {
		return badBody(err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return invalid("body", "", "there is something after the JSON value")
	}
	return nil
}

func badBody(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return invalid(kind.Field, kind.Value, "it must be of type "+kind.Type.String())
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if plain, err := strconv.Unquote(name); err == nil {
			name = plain
		}
		return invalid(shorten(name), "", "this agent does not know this member; it is not ignored because it may limit the order")
	}
	return invalid("body", "", "it is no JSON object: "+err.Error())
}

// decodeApply reads and checks the body of plan and apply.
func decodeApply(body []byte) (agentapi.ApplyRequest, error) {
	var in agentapi.ApplyRequest
	if err := decodeBytes(body, &in); err != nil {
		return in, err
	}
	return in, checkApply(&in)
}

func checkApply(in *agentapi.ApplyRequest) error {
	if in.Packages != nil && len(in.Packages) == 0 {
		return invalid("packages", "[]", "an empty list is refused: leave it out for all packages, or name some")
	}
	if n := len(in.Packages) + len(in.Exclude) + len(in.Versions); n > agentapi.MaxNames {
		return invalid("packages", strconv.Itoa(n), "more than "+strconv.Itoa(agentapi.MaxNames)+" names")
	}
	for field, names := range map[string][]string{"packages": in.Packages, "exclude": in.Exclude} {
		for i, name := range names {
			if err := checkText(field+"["+strconv.Itoa(i)+"]", name, aptName, "no package name"); err != nil {
				return err
			}
		}
	}
	for name, version := range in.Versions {
		if err := checkText("versions", name, aptName, "no package name"); err != nil {
			return err
		}
		if err := checkText("versions."+shorten(name), version, aptVersion, "no version"); err != nil {
			return err
		}
	}
	if in.PlanHash != "" && !planHash.MatchString(in.PlanHash) {
		return invalid("plan_hash", in.PlanHash, "no plan hash")
	}
	if in.Reboot == "" {
		in.Reboot = agentapi.RebootNever
	}
	switch in.Reboot {
	case agentapi.RebootNever, agentapi.RebootIfNeeded, agentapi.RebootAlways:
	default:
		return invalid("reboot", string(in.Reboot), "it must be never, if_needed or always")
	}
	return checkDelay("reboot_delay_seconds", in.RebootDelaySeconds)
}

func checkText(field, value string, rule *regexp.Regexp, message string) error {
	if len(value) > agentapi.MaxNameLength {
		return invalid(field, value, "longer than "+strconv.Itoa(agentapi.MaxNameLength)+" characters")
	}
	if !rule.MatchString(value) {
		return invalid(field, value, message)
	}
	return nil
}

func checkDelay(field string, seconds int) error {
	if seconds < 0 || seconds > maxRebootDelay {
		return invalid(field, strconv.Itoa(seconds), "it must be from 0 to "+strconv.Itoa(maxRebootDelay))
	}
	return nil
}

// keyOf reads the idempotency key.
func keyOf(r *http.Request) (string, error) {
	key := r.Header.Get(agentapi.HeaderIdempotencyKey)
	if len(key) > agentapi.MaxKeyLength || !orderKey.MatchString(key) {
		return "", invalid("header."+agentapi.HeaderIdempotencyKey, key, "at most "+strconv.Itoa(agentapi.MaxKeyLength)+" printable characters")
	}
	return key, nil
}
