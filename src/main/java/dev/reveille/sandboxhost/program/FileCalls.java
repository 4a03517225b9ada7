package dev.reveille.sandboxhost.program;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/** Listing, uploading and downloading files of the workspace. */
final class FileCalls {
    private static final int DOWNLOADS_AT_ONCE = 8;

    private final Vertx vertx;
    private final Workspace workspace;
    private final Archives archives;
    private final WorkerExecutor transfers;

    FileCalls(Vertx vertx, Workspace workspace) {
        this.vertx = vertx;
        this.workspace = workspace;
        this.archives = new Archives(workspace);
        this.transfers =
                vertx.createSharedWorkerExecutor("transfers", DOWNLOADS_AT_ONCE, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    }

    /** The names in a folder, folders first and with a slash at their end; none where there is no such folder. */
    Future<List<String>> list(String path) {
        return vertx.executeBlocking(() -> names(workspace.resolve(path)), false);
    }

    /**
     * Stores the part {@code file} in the folder {@code destination}, or unpacks it there when {@code recursive}.
     *
     * <p>It is streamed to a file beside its place, which it takes when it is whole.
     */
    Future<JsonObject> upload(HttpServerRequest request) {
        String destination = request.getParam("destination", "/");
        boolean recursive = recursive(request.getParam("recursive", "false"));
        request.pause();
        return vertx.executeBlocking(() -> folder(destination), false)
                .compose(folder -> receive(request, folder))
                .compose(upload -> vertx.executeBlocking(() -> settle(upload, recursive), false))
                .map(name -> new JsonObject()
                        .put("filename", name)
                        .put("destination", destination)
                        .put("recursive", recursive));
    }

    /** Sends the folder or file {@code path} as a zip that is made while it is sent. */
    Future<Void> download(HttpServerRequest request) {
        String path = request.getParam("path");
        if (path == null) {
            throw Refusal.parameter("path", "nothing", "a path");
        }
        return vertx.executeBlocking(() -> existing(path), false)
                .compose(source -> {
                    request.response()
                            .setChunked(true)
                            .putHeader("content-type", "application/zip")
                            .putHeader("content-disposition", "attachment; filename=\"" + zipName(source) + "\"");
                    return transfers.executeBlocking(() -> send(source, request), false);
                })
                .compose(v -> request.response().end());
    }

    private static List<String> names(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<String> folders = new ArrayList<>();
        List<String> files = new ArrayList<>();
        try (Stream<Path> entries = Files.list(folder)) {
            entries.forEach(entry -> {
                boolean isFolder = Files.isDirectory(entry);
                (isFolder ? folders : files).add(entry.getFileName() + (isFolder ? "/" : ""));
            });
        }
        Comparator<String> order = Comparator.comparing(name -> name.toLowerCase(Locale.ROOT));
        folders.sort(order);
        files.sort(order);
        folders.addAll(files);
        return folders;
    }

    private static boolean recursive(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw Refusal.parameter("recursive", value, "true or false");
        };
    }

    private Path folder(String destination) throws IOException {
        Path folder = workspace.resolve(destination);
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw Refusal.parameter("destination", destination, "a folder");
        }
        return Files.createDirectories(folder);
    }

    private Future<Upload> receive(HttpServerRequest request, Path folder) {
        Promise<Upload> received = Promise.promise();
        Path part = folder.resolve(".upload-" + UUID.randomUUID());
        request.setExpectMultipart(true);
        AtomicBoolean found = new AtomicBoolean();
        request.uploadHandler(upload -> {
            if (!upload.name().equals("file") || found.getAndSet(true)) {
                upload.handler(skipped -> {});
                return;
            }
            upload.streamToFileSystem(part.toString())
                    .map(v -> new Upload(part, folder, upload.filename()))
                    .onComplete(received);
        });
        request.exceptionHandler(received::tryFail);
        request.endHandler(v -> {
            if (!found.get()) {
                received.tryFail(Refusal.parameter("file", "nothing", "a multipart part of this name"));
            }
        });
        request.resume();
        return received.future().recover(failure -> discard(part).compose(v -> Future.failedFuture(failure)));
    }

    private Future<Boolean> discard(Path part) {
        return vertx.executeBlocking(() -> Files.deleteIfExists(part), false);
    }

    private String settle(Upload upload, boolean recursive) throws IOException {
        try {
            if (recursive) {
                archives.extract(upload.part(), upload.folder());
            } else {
                Path file = workspace.resolve(upload.folder(), upload.name());
                Files.move(upload.part(), file, StandardCopyOption.REPLACE_EXISTING);
            }
            return upload.name();
        } finally {
            Files.deleteIfExists(upload.part());
        }
    }

    private Path existing(String path) throws IOException {
        Path source = workspace.resolve(path);
        if (!Files.exists(source)) {
            throw new Refusal(404, "path: " + path + " (expected: an existing file or folder)");
        }
        return source;
    }

    private String zipName(Path source) {
        String name = source.equals(workspace.root())
                ? "workspace"
                : source.getFileName().toString();
        return name.replaceAll("[^A-Za-z0-9._ -]", "_") + ".zip";
    }

    private Void send(Path source, HttpServerRequest request) throws IOException {
        archives.write(source, new ResponseStream(request.response()));
        return null;
    }

    /** A part that has arrived whole. */
    private record Upload(Path part, Path folder, String sentName) {
        /** The last step of the name the client gave. */
        String name() {
            String name = sentName.substring(sentName.replace('\\', '/').lastIndexOf('/') + 1);
            if (name.isBlank() || name.equals(".") || name.equals("..")) {
                throw Refusal.parameter("file", "no name", "a part with a file name");
            }
            return name;
        }
    }
}
