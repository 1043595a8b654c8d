// Command go-consul watches a service with HashiCorp's own client and prints a line of JSON for each answer:
// what it asks first, then each change, until its standard input ends. The interop tests run it.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"
	"time"

	"github.com/hashicorp/consul/api"
)

func main() {
	client, err := api.NewClient(api.DefaultConfig())
	check(err)
	service := os.Args[1]
	out := json.NewEncoder(os.Stdout)

	check(out.Encode(ask(client, service)))
	go watch(client, service, out)
	_, err = io.Copy(io.Discard, os.Stdin)
	check(err)
}

func ask(client *api.Client, service string) map[string]any {
	services, meta, err := client.Catalog().Services(nil)
	check(err)
	instances, _, err := client.Catalog().Service(service, "", nil)
	check(err)
	leader, err := client.Status().Leader()
	check(err)
	node, err := client.Agent().NodeName()
	check(err)
	return map[string]any{
		"services":  services,
		"instances": instances,
		"leader":    leader,
		"node":      node,
		"meta":      meta,
	}
}

// watch follows the passing instances by blocking queries.
func watch(client *api.Client, service string, out *json.Encoder) {
	query := &api.QueryOptions{WaitTime: 10 * time.Minute}
	for {
		entries, meta, err := client.Health().Service(service, "", true, query)
		check(err)
		ports := []int{}
		for _, entry := range entries {
			ports = append(ports, entry.Service.Port)
		}
		check(out.Encode(map[string]any{
			"ports":       ports,
			"index":       meta.LastIndex,
			"knownLeader": meta.KnownLeader,
			"lastContact": meta.LastContact,
		}))
		query.WaitIndex = meta.LastIndex
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
