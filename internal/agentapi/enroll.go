package agentapi

// EnrollRequest is the body of POST /api/v1/enroll on the manager.
type EnrollRequest struct {
	MachineID string            `json:"machine_id"`
	FQDN      string            `json:"fqdn"`
	Hostname  string            `json:"hostname"`
	IPAddress string            `json:"ip_address"` // where the agent listens, as it sees itself
	Port      int               `json:"port"`
	OSDetails map[string]string `json:"os_details"` // id, version_id, pretty_name, arch, agent_version
	CSR       string            `json:"csr"`        // PEM; the private key never leaves the host
	Token     string            `json:"token,omitempty"`
}

// EnrollAccepted answers POST /api/v1/enroll with 202.
type EnrollAccepted struct {
	PollingToken string `json:"polling_token"`
}

// EnrollStatus is the state of an enrollment request.
type EnrollStatus string

// Enrollment states.
const (
	EnrollPending  EnrollStatus = "pending"
	EnrollApproved EnrollStatus = "approved"
	EnrollDenied   EnrollStatus = "denied"
	EnrollNotFound EnrollStatus = "notfound"
)

// EnrollBundle answers GET /api/v1/enroll/status/{token}. The PEM members are
// set once approved and stay until the agent acknowledges them.
type EnrollBundle struct {
	Status    EnrollStatus `json:"status"`
	Reason    string       `json:"reason,omitempty"` // why it was denied
	HostID    string       `json:"host_id,omitempty"`
	CACrt     string       `json:"ca_crt,omitempty"`
	CAChain   string       `json:"ca_chain,omitempty"`
	ServerCrt string       `json:"server_crt,omitempty"`
	CRL       string       `json:"crl_pem,omitempty"`
}

// CSR answers POST /pki/csr: a new key was made on the host, this is its request.
type CSR struct {
	CSR string `json:"csr"`
}

// CertificateUpdate is the body of PUT /pki/certificate.
type CertificateUpdate struct {
	ServerCrt string `json:"server_crt"`
	CAChain   string `json:"ca_chain"`
	CRL       string `json:"crl_pem,omitempty"`
}

// ManagerURI is the URI SAN of the only client that agents obey.
const ManagerURI = "spiffe://patch-manager/manager"
