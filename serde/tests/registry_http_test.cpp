// The client of a registry behind HTTP, against a server that answers as told.
#include "serde/registry/registry.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace
{

// One request at a time; an empty answer closes the connection.
class Server
{
public:
    using Answer = std::function<std::string(const std::string &request)>;

    explicit Server(Answer answer) : answer_(std::move(answer))
    {
        socket_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr *>(&address), length), 0);
        EXPECT_EQ(listen(socket_, 8), 0);
        EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr *>(&address), &length), 0);
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        thread_ = std::thread([this] { serve(); });
    }
    ~Server()
    {
        shutdown(socket_, SHUT_RDWR);
        thread_.join();
        close(socket_);
    }
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    std::string url() const
    {
        return url_;
    }
    std::vector<std::string> requests()
    {
        std::lock_guard<std::mutex> lock(mutex_);
        return requests_;
    }

private:
    static bool whole(const std::string &request)
    {
        size_t head = request.find("\r\n\r\n");
        if (head == std::string::npos)
            return false;
        size_t at = request.find("Content-Length: ");
        size_t body = at == std::string::npos ? 0 : std::stoul(request.substr(at + 16));
        return request.size() >= head + 4 + body;
    }
    void serve()
    {
        int connection;
        while ((connection = accept(socket_, nullptr, nullptr)) >= 0) {
            std::string request;
            char bytes[4096];
            ssize_t got;
            while (!whole(request) && (got = read(connection, bytes, sizeof bytes)) > 0)
                request.append(bytes, static_cast<size_t>(got));
            std::string answer = answer_(request);
            {
                std::lock_guard<std::mutex> lock(mutex_);
                requests_.push_back(request);
            }
            if (!answer.empty()) {
                EXPECT_GT(write(connection, answer.data(), answer.size()), 0);
            }
            close(connection);
        }
    }

    Answer answer_;
    int socket_ = -1;
    std::string url_;
    std::thread thread_;
    std::mutex mutex_;
    std::vector<std::string> requests_;
};

std::string answer(int status, const std::string &body)
{
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Http : public ::testing::Test
{
protected:
    tg_arena *arena = tg_arena_new(0);
    tg_properties *settings = tg_properties_new();
    tg_registry *registry = nullptr;
    tg_error error{};

    void set(const char *name, const std::string &value)
    {
        tg_properties_set(settings, name, value.c_str(), "test");
    }
    void open(const std::string &urls)
    {
        set("schema.registry.url", urls);
        if (tg_properties_get(settings, "schema.registry.retry.timeout.ms") == nullptr)
            set("schema.registry.retry.timeout.ms", "1");
        ASSERT_EQ(tg_registry_open(settings, &registry, &error), TG_OK) << error.message;
        ASSERT_NE(registry, nullptr);
    }
    ~Http() override
    {
        tg_registry_close(registry);
        tg_properties_free(settings);
        tg_arena_free(arena);
    }
};

TEST_F(Http, ReadsASchemaOnceAndTakesAbsentTypesForAvro)
{
    Server server([](const std::string &) { return answer(200, R"({"schema":"\"int\""})"); });
    open(server.url() + "/");
    const tg_registry_schema *schema = nullptr;
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(tg_registry_get(registry, 7, arena, &schema, &error), TG_OK) << error.message;
    EXPECT_EQ(schema->id, 7);
    EXPECT_EQ(schema->type, TG_REGISTRY_AVRO);
    EXPECT_TRUE(tg_slice_is(schema->text, "\"int\""));
    ASSERT_EQ(server.requests().size(), 1U);
    EXPECT_EQ(server.requests()[0].substr(0, 22), "GET /schemas/ids/7 HTT");
}

TEST_F(Http, RegistersOnceWithPasswordAndQuotedSubject)
{
    Server server([](const std::string &) { return answer(200, R"({"id":12})"); });
    set("ksql.schema.registry.basic.auth.user.info", "alice:pw");
    open(server.url());
    tg_registry_schema schema{};
    schema.type = TG_REGISTRY_JSON;
    schema.text = tg_slice_text("{\"type\":\"object\"}");
    int32_t id = 0;
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(tg_registry_register(registry, "a/b-value", &schema, &id, &error), TG_OK) << error.message;
    EXPECT_EQ(id, 12);
    ASSERT_EQ(server.requests().size(), 1U);
    const std::string request = server.requests()[0];
    EXPECT_EQ(request.substr(0, 41), "POST /subjects/a%2Fb-value/versions HTTP/");
    EXPECT_NE(request.find("Authorization: Basic YWxpY2U6cHc="), std::string::npos);
    EXPECT_NE(request.find(R"({"schema":"{\"type\":\"object\"}","schemaType":"JSON"})"), std::string::npos);
}

TEST_F(Http, ShowsTheRegistrysOwnWords)
{
    struct row {
        int status;
        const char *body;
        tg_code code;
        const char *words;
    };
    const row rows[] = {
        {404, R"({"error_code":40403,"message":"Schema 7 not found"})", TG_CODE_SCHEMA_UNKNOWN, "Schema 7"},
        {409, R"({"error_code":409,"message":"F2 lacks a default"})", TG_CODE_SCHEMA_REFUSED, "F2 lacks"},
        {422, R"({"error_code":42201,"message":"no Avro"})", TG_CODE_SCHEMA_REFUSED, "no Avro"},
        {401, "denied", TG_CODE_REGISTRY, "401"},
        {400, "what?", TG_CODE_REGISTRY, "what?"},
        {404, "<html>", TG_CODE_REGISTRY_UNREACHABLE, "404"},
        {500, "", TG_CODE_REGISTRY_UNREACHABLE, "500"},
        {200, "garbage", TG_CODE_REGISTRY_UNREACHABLE, "200"},
        {200, "{}", TG_CODE_REGISTRY, "a schema"},
    };
    const row *now = rows;
    Server server([&](const std::string &) { return answer(now->status, now->body); });
    open(server.url());
    for (const row &row : rows) {
        now = &row;
        const tg_registry_schema *schema = nullptr;
        EXPECT_EQ(tg_registry_get_version(registry, "s", 0, arena, &schema, &error), row.code) << row.body;
        EXPECT_NE(std::string(error.message).find(row.words), std::string::npos) << error.message;
        EXPECT_EQ(error.retriable, row.code == TG_CODE_REGISTRY_UNREACHABLE);
    }
}

TEST_F(Http, GoesToTheNextUrlAndTriesAgain)
{
    int failures = 3;
    Server down([](const std::string &) { return answer(503, ""); });
    Server flaky([&](const std::string &) {
        return failures-- > 0 ? std::string() : answer(200, R"({"schema":"\"long\""})");
    });
    set("schema.registry.retry.timeout.ms", "20000");
    open(down.url() + ", " + flaky.url());
    const tg_registry_schema *schema = nullptr;
    ASSERT_EQ(tg_registry_get(registry, 1, arena, &schema, &error), TG_OK) << error.message;
    size_t before = down.requests().size();
    ASSERT_EQ(tg_registry_get(registry, 2, arena, &schema, &error), TG_OK) << error.message;
    EXPECT_EQ(down.requests().size(), before) << "the one that answered is asked first";
}

TEST_F(Http, RefusesSettingsThatMakeNoSense)
{
    const char *const rows[][2] = {{"schema.registry.url", "localhost:8081"},
                                   {"basic.auth.user.info", "nobody"},
                                   {"normalize.schemas", "perhaps"},
                                   {"schema.registry.request.timeout.ms", "0"}};
    for (const auto &row : rows) {
        tg_properties *properties = tg_properties_new();
        tg_properties_set(properties, "schema.registry.url", "http://u:pw@127.0.0.1:1", "test");
        tg_properties_set(properties, row[0], row[1], "test");
        EXPECT_EQ(tg_registry_open(properties, &registry, &error), TG_CODE_CONFIG) << row[0];
        EXPECT_EQ(registry, nullptr);
        tg_properties_free(properties);
    }
    EXPECT_EQ(tg_registry_open(settings, &registry, &error), TG_OK);
    EXPECT_EQ(registry, nullptr) << "none is configured";
    open("http://u:pw@127.0.0.1:1");
    EXPECT_STREQ(tg_registry_address(registry), "http://127.0.0.1:1") << "without the password";
}

} // namespace
