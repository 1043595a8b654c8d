// Command go-sdk makes every call that the official Go SDK has, against a broker, and prints what
// comes back as one JSON object. The broker's tests run it.
package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"

	"github.com/pusher/pusher-http-go/v5"
)

// input is what the test gives on standard input.
type input struct {
	Host, AppID, Key, Secret, MasterKey string
	// Sender is the socket that is not to get what is triggered exclusively.
	Sender string
	// Webhook is a request that the broker made.
	Webhook struct {
		Signature, Body string
	}
}

func main() {
	encoded, err := io.ReadAll(os.Stdin)
	check(err)
	var in input
	check(json.Unmarshal(encoded, &in))
	client := &pusher.Client{
		AppID:                     in.AppID,
		Key:                       in.Key,
		Secret:                    in.Secret,
		Host:                      in.Host,
		EncryptionMasterKeyBase64: in.MasterKey,
	}
	results := map[string]any{}
	publish(client, in.Sender, results)
	ask(client, results)

	header := http.Header{}
	header.Set("X-Pusher-Key", in.Key)
	header.Set("X-Pusher-Signature", in.Webhook.Signature)
	webhook, err := client.Webhook(header, []byte(in.Webhook.Body))
	check(err)
	results["webhook"] = webhook.Events

	wrong := *client
	wrong.Secret = "wrong"
	if err := wrong.Trigger("news", "e", 1); err != nil {
		results["wrongSecret"] = err.Error()
	}
	check(json.NewEncoder(os.Stdout).Encode(results))
}

func publish(client *pusher.Client, sender string, results map[string]any) {
	info := "user_count,subscription_count"
	check(client.Trigger("news", "one", map[string]string{"text": "hello, é"}))
	check(client.TriggerMulti([]string{"news", "presence-room"}, "multi", 1))
	check(client.TriggerExclusive("news", "exclusive", 1, sender))
	check(client.Trigger("private-encrypted-news", "secret", "psst"))
	check(client.SendToUser("ann", "for-you", 1))

	triggered, err := client.TriggerMultiWithParams(
		[]string{"news", "presence-room"}, "with-info", 1, pusher.TriggerParams{Info: &info})
	check(err)
	results["triggered"] = triggered

	count := "subscription_count"
	batch, err := client.TriggerBatch([]pusher.Event{
		{Channel: "news", Name: "batch", Data: 1, Info: &count},
		{Channel: "private-encrypted-news", Name: "batch", Data: 2},
	})
	check(err)
	results["batch"] = batch
}

func ask(client *pusher.Client, results map[string]any) {
	prefix, userCount, both := "presence-", "user_count", "user_count,subscription_count"
	channels, err := client.Channels(pusher.ChannelsParams{FilterByPrefix: &prefix, Info: &userCount})
	check(err)
	results["channels"] = channels

	channel, err := client.Channel("presence-room", pusher.ChannelParams{Info: &both})
	check(err)
	results["channel"] = channel

	users, err := client.GetChannelUsers("presence-room")
	check(err)
	results["users"] = users
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
