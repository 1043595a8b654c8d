package registry

import "testing"

func TestSecretsThatAreStillPlaceholdersAreRefused(t *testing.T) {
	for _, secret := range []string{
		"set-this", "CHANGE_ME", "set-this-to-something-random", "<secret>", "${SECRET}", "your-app-secret", "xxxxxxxx",
		"REPLACE_WITH_A_RANDOM_SECRET",
	} {
		if !isPlaceholder(secret) {
			t.Errorf("%q was taken for a secret", secret)
		}
	}
	for _, secret := range []string{"rollcall-development-secret", "9f86d081884c7d659a2f", "a-secret"} {
		if isPlaceholder(secret) {
			t.Errorf("%q was taken for a placeholder", secret)
		}
	}
}
