import com.pusher.client.Pusher;
import com.pusher.client.PusherOptions;
import com.pusher.client.channel.PresenceChannel;
import com.pusher.client.channel.PresenceChannelEventListener;
import com.pusher.client.channel.PusherEvent;
import com.pusher.client.channel.User;
import com.pusher.client.connection.ConnectionEventListener;
import com.pusher.client.connection.ConnectionState;
import com.pusher.client.connection.ConnectionStateChange;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Joins presence-room, sends an event to the others, and prints what happens until it is sent the event "end". */
public class Main {
  public static void main(String[] args) throws Exception {
    String port = args[0];
    String key = args[1];
    String secret = args[2];
    PusherOptions options = new PusherOptions();
    options.setHost("127.0.0.1").setWsPort(Integer.parseInt(port)).setUseTLS(false);
    options.setChannelAuthorizer(
        (channel, socketId) -> {
          String user = "{\"user_id\":\"java\",\"user_info\":{\"n\":1524831183200260097}}";
          String signature = hmac(secret, socketId + ":" + channel + ":" + user);
          String quoted = "\"" + user.replace("\"", "\\\"") + "\"";
          return "{\"auth\":\"" + key + ":" + signature + "\",\"channel_data\":" + quoted + "}";
        });
    Pusher pusher = new Pusher(key, options);
    pusher.connect(
        new ConnectionEventListener() {
          public void onConnectionStateChange(ConnectionStateChange change) {
            System.out.println("state " + change.getCurrentState());
          }

          public void onError(String message, String code, Exception e) {
            System.out.println("error " + code + " " + message);
            System.exit(1);
          }
        },
        ConnectionState.ALL);
    PresenceChannel[] channel = new PresenceChannel[1];
    channel[0] =
        pusher.subscribePresence(
            "presence-room",
            new PresenceChannelEventListener() {
              public void onSubscriptionSucceeded(String name) {
                channel[0].trigger("client-hello", "{\"id\":1524831183200260097}");
              }

              public void onAuthenticationFailure(String message, Exception e) {
                System.out.println("refused " + message);
                System.exit(1);
              }

              public void onUsersInformationReceived(String name, Set<User> users) {
                users.stream()
                    .sorted((a, b) -> a.getId().compareTo(b.getId()))
                    .forEach(user -> System.out.println("here " + user.getId()));
              }

              public void userSubscribed(String name, User user) {
                System.out.println("joined " + user.getId());
              }

              public void userUnsubscribed(String name, User user) {
                System.out.println("left " + user.getId());
              }

              public void onEvent(PusherEvent event) {
                System.out.println("event " + event.getEventName() + " " + event.getData());
                if (event.getEventName().equals("end")) System.exit(0);
              }
            },
            "end");
    // The threads of the SDK are daemons.
    Thread.currentThread().join();
  }

  private static String hmac(String secret, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes("UTF-8"), "HmacSHA256"));
      StringBuilder hex = new StringBuilder();
      for (byte each : mac.doFinal(text.getBytes("UTF-8"))) hex.append(String.format("%02x", each));
      return hex.toString();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
