package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
)

// tampering changes the ID token in the provider's answer, as the switch says.
func tampering(s *store, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		how, key, secret := s.switches.Tamper, s.signing, s.switches.ClientSecret
		s.mu.Unlock()
		if how == "" {
			next.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		var answer map[string]any
		if json.Unmarshal(body, &answer) == nil {
			if token, ok := answer["id_token"].(string); ok {
				answer["id_token"] = forge(how, token, key, secret)
				body, _ = json.Marshal(answer)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(rec.Code)
		_, _ = bytes.NewReader(body).WriteTo(w)
	})
}

func forge(how, token string, key signingKey, secret string) string {
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		panic(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		panic(err)
	}
	switch how {
	case "aud":
		claims["aud"], claims["azp"] = []string{"another-client"}, "another-client"
	case "azp":
		claims["aud"], claims["azp"] = []string{clientID, "another-client"}, "another-client"
	case "nonce":
		claims["nonce"] = "another nonce"
	case "iss":
		claims["iss"] = "https://another.example.com"
	case "no_auth_time":
		delete(claims, "auth_time")
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	switch how {
	case "alg_none":
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
	case "hs256":
		return sign(jose.HS256, []byte(secret + strings.Repeat("\x00", 64))[:64], "", payload)
	case "foreign_key":
		other, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return sign(jose.RS256, other, key.id, payload)
	}
	return sign(jose.RS256, key.key, key.id, payload)
}

func sign(alg jose.SignatureAlgorithm, key any, kid string, payload []byte) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		panic(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	out, err := jws.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return out
}
