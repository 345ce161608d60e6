package auth

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Lengths of a password, in characters. There are no rules about which
// characters: they make passwords worse.
const (
	minPassword = 12
	maxPassword = 256
)

// weakness says why a password is refused, as a sentence; empty when it is not.
func weakness(password, username string) string {
	n := utf8.RuneCountInString(password)
	lower := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password):
		return "The password is not valid text."
	case n < minPassword:
		return "Use at least 12 characters; a few unrelated words do well."
	case n > maxPassword:
		return "Use at most 256 characters."
	case containsName(lower, strings.ToLower(username)):
		return "The password must not contain the user name."
	case isCommon(lower):
		return "This is one of the passwords that are guessed first. Use a few unrelated words."
	case isAboutProduct(lower):
		return "The password must not be made of the product's name. Use a few unrelated words."
	}
	return ""
}

// containsName finds the user name also in disguise ("4l1ce"), but not one of two
// letters, which is in many words.
func containsName(lower, username string) bool {
	if len(username) < 3 {
		return false
	}
	return strings.Contains(lower, username) || strings.Contains(plainLetters.Replace(lower), plainLetters.Replace(username))
}

// productWords are what a guesser tries at this very door; longer ones first,
// so that none hides in another.
var productWords = strings.NewReplacer("management", "", "password", "", "manager", "", "admin", "", "linux", "", "patch", "", "agent", "", "pm", "")

// minOwnLetters is how many letters have to be somebody's own beside the words
// that stand on the sign-in page.
const minOwnLetters = 5

func isAboutProduct(lower string) bool {
	return isOnlyProduct(onlyLetters(lower)) || isOnlyProduct(onlyLetters(plainLetters.Replace(lower)))
}

func onlyLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

func isOnlyProduct(letters string) bool {
	own := productWords.Replace(letters)
	return own != letters && utf8.RuneCountInString(own) < minOwnLetters
}

// isCommon reports whether guessing tools would find it soon: a common password,
// also dressed up ("P@ssw0rd2026!"), a repetition, or runs along the alphabet
// and the keyboard.
func isCommon(lower string) bool {
	if weight(lower) < minWeight {
		return true
	}
	right := strings.TrimRightFunc(lower, isOrnament)
	left := strings.TrimLeftFunc(lower, isOrnament)
	both := strings.TrimLeftFunc(right, isOrnament)
	for _, s := range []string{lower, right, left, both} {
		if len(lower)-len(s) > maxOrnament {
			continue // enough was added to be hard to guess by itself
		}
		if isListed(unit(s)) || isListed(unit(plainLetters.Replace(s))) {
			return true
		}
	}
	return len(unit(lower)) <= 4
}

// maxOrnament is how much of a password may be dress, in bytes: a year, a few
// digits and marks at either end.
const maxOrnament = 8

func isOrnament(r rune) bool { return !unicode.IsLetter(r) }

// plainLetters undoes the usual replacements.
var plainLetters = strings.NewReplacer("0", "o", "1", "i", "!", "i", "3", "e", "4", "a", "@", "a", "5", "s", "$", "s", "7", "t", "8", "b", "9", "g")

// unit is the shortest text that s is a repetition of.
func unit(s string) string {
	if s == "" {
		return s
	}
	return s[:strings.Index((s + s)[1:], s)+1]
}

//go:embed common_passwords.txt
var commonText string

var commonPasswords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			m[line] = true
		}
	}
	return m
})

// isListed treats what is left of nothing but dress ("12345678") as common too.
func isListed(s string) bool { return s == "" || commonPasswords()[s] }

// runs are what fingers and heads follow; read in both directions.
var runs = withReversed(
	"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop",
	"asdfghjkl", "zxcvbnm", "yxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0",
)

func withReversed(list ...string) []string {
	for _, s := range list {
		b := []byte(s)
		for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
		list = append(list, string(b))
	}
	return list
}

// minWeight: six independent characters are the least that is worth counting.
const minWeight = 6

// weight counts characters, a run of four and more as one.
func weight(s string) int {
	n := 0
	for s != "" {
		s = s[runLength(s):]
		n++
	}
	return n
}

// runLength is the length in bytes of the run that s begins with, or of its
// first character when that is no run.
func runLength(s string) int {
	_, first := utf8.DecodeRuneInString(s)
	longest := len(s) - len(strings.TrimLeft(s, s[:first])) // one character repeated
	for _, r := range runs {
		longest = max(longest, commonRun(s, r))
	}
	if longest < 4 {
		return first
	}
	return longest
}

// commonRun is how many bytes of s's beginning are found in one piece in r.
func commonRun(s, r string) int {
	n := 0
	for n < len(s) && strings.Contains(r, s[:n+1]) {
		n++
	}
	return n
}
