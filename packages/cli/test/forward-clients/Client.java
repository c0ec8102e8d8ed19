import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** URL, port of the proxy, user, token: prints what the server answers. */
public class Client {
  public static void main(String[] args) throws Exception {
    Authenticator login = new Authenticator() {
      @Override
      protected PasswordAuthentication getPasswordAuthentication() {
        return new PasswordAuthentication(args[2], args[3].toCharArray());
      }
    };
    HttpClient client = HttpClient.newBuilder()
        .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1]))))
        .authenticator(login)
        .build();
    HttpRequest request = HttpRequest.newBuilder(URI.create(args[0])).build();
    System.out.print(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }
}
