package simfleet

import (
	"encoding/json"
	"net/http"
	"time"

	"patchmanager/internal/agentapi"
)

func answer(w http.ResponseWriter, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		refuse(w, agentapi.NewError(agentapi.CodeInternal, "%v", err))
		return
	}
	send(w, http.StatusOK, agentapi.Envelope{Success: true, Data: raw})
}

func refuse(w http.ResponseWriter, e *agentapi.Error) {
	w.Header().Del("ETag")
	status := http.StatusInternalServerError
	switch e.Code {
	case agentapi.CodeUnsupported:
		status = http.StatusNotFound
	case agentapi.CodeInvalid:
		status = http.StatusBadRequest
	}
	send(w, status, agentapi.Envelope{Data: json.RawMessage("null"), Error: e})
}

func send(w http.ResponseWriter, status int, e agentapi.Envelope) {
	e.RequestID, e.Timestamp = "sim", time.Now().UTC()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(e) // the manager has gone: nobody is left to tell
}

func (h *host) csr(w http.ResponseWriter, _ *http.Request) {
	text, err := h.store.NewCSR(h.subject())
	if err != nil {
		refuse(w, agentapi.NewError(agentapi.CodeInternal, "%v", err))
		return
	}
	answer(w, agentapi.CSR{CSR: text})
}

func (h *host) certificate(w http.ResponseWriter, r *http.Request) {
	var u agentapi.CertificateUpdate
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, agentapi.MaxBodyBytes)).Decode(&u)
	if err == nil {
		err = h.store.Install(u)
	}
	if err != nil {
		refuse(w, agentapi.NewError(agentapi.CodeInvalid, "%v", err))
		return
	}
	answer(w, struct{}{})
}
