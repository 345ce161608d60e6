package app

import (
	"fmt"
)

// OpenAPI is the description of the API, from the registered operations alone:
// it needs no database and no configuration, and is the same on every machine.
func OpenAPI() ([]byte, error) {
	_, api := newAPI(describe(), &health{})
	text, err := api.OpenAPI().YAML()
	if err != nil {
		return nil, fmt.Errorf("write api description: %w", err)
	}
	return text, nil
}
