package oidcflow

// Step is a part of the round trip.
type Step string

// Steps, in their order.
const (
	StepDiscovery Step = "discovery" // the provider describes itself
	StepKeys      Step = "keys"      // it publishes its signing keys
	StepRedirect  Step = "redirect"  // it takes the browser and sends it back
	StepCode      Step = "code"      // it sends a code along
	StepToken     Step = "token"     // it gives tokens for the code
	StepIDToken   Step = "id_token"  // the ID token is genuine, meant for us, and of now
	StepClaims    Step = "claims"    // it says what we need to know
)

// Problem is why a step failed, in words for an admin.
type Problem struct {
	Step  Step
	Words string
}

// Error implements error.
func (p *Problem) Error() string { return string(p.Step) + ": " + p.Words }

func problem(s Step, words string) error { return &Problem{Step: s, Words: words} }
