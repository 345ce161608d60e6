package auth

import "strings"

// known is a piece of a user agent and the word that people have for it.
type known struct{ piece, word string }

// browsers are looked for in this order: most of them also claim to be those
// further down.
var browsers = []known{
	{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"},
	{"OPR/", "Opera"}, {"Vivaldi/", "Vivaldi"}, {"YaBrowser/", "Yandex Browser"}, {"SamsungBrowser/", "Samsung Internet"},
	{"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"}, {"CriOS/", "Chrome"},
	{"HeadlessChrome/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	{"curl/", "curl"}, {"Wget/", "wget"}, {"python-requests/", "a Python script"}, {"Python-urllib/", "a Python script"},
	{"Go-http-client/", "a Go program"}, {"okhttp/", "a program"},
}

// systems likewise: Android calls itself Linux too.
var systems = []known{
	{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"CrOS", "ChromeOS"},
	{"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Mac OS X", "macOS"},
	{"FreeBSD", "FreeBSD"}, {"OpenBSD", "OpenBSD"}, {"Linux", "Linux"}, {"X11", "Linux"},
}

// deviceWords are what a person recognises their own device by: "Firefox on
// Linux". They are read from what the browser says of itself, so they prove
// nothing.
func deviceWords(userAgent string) string {
	browser, system := wordOf(browsers, userAgent), wordOf(systems, userAgent)
	switch {
	case browser == "" && system == "":
		return "Unknown device"
	case browser == "":
		return "Unknown browser on " + system
	case system == "":
		return strings.ToUpper(browser[:1]) + browser[1:]
	}
	return strings.ToUpper(browser[:1]) + browser[1:] + " on " + system
}

func wordOf(list []known, userAgent string) string {
	for _, k := range list {
		if strings.Contains(userAgent, k.piece) {
			return k.word
		}
	}
	return ""
}
