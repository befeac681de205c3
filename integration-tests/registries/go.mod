module fake-registry

go 1.26

require (
	github.com/axonops/axonops-schema-registry v0.2.1
	github.com/twmb/franz-go/pkg/sr v1.8.0
)
