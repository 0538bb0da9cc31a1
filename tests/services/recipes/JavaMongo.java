import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;

/** mongo-java-server on 127.0.0.1: arguments are the port and the file of its data. */
class Main {
    public static void main(String[] arguments) throws InterruptedException {
        var server = new MongoServer(new H2Backend(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
        Thread.currentThread().join();
    }
}
