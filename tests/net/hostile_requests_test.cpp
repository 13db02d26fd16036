#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/net_raw_client.hpp"
#include "support/net_test_server.hpp"

/// What no well-meaning client sends, each with the answer it must get. Behind each request follows another
/// one, to /smuggled: where a request is refused, its connection ends, and what follows is never a request.
namespace waypost::test {
namespace {

using namespace std::string_literals;

struct Row {
  std::string what;
  std::string bytes;
  std::vector<int> answers;  ///< to `bytes`; where the last one is below 400, /smuggled is answered too
};

constexpr std::size_t max_uri = 512, max_head = 2048, max_body = 1024;
constexpr std::string_view smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

std::string with_line(const std::string& line) {
  return line + "\r\nHost: x\r\n\r\n";
}
std::string with_fields(const std::string& fields) {
  return "GET /a HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}
std::string with_host(const std::string& fields) {
  return "GET /a HTTP/1.1\r\n" + fields + "\r\n";
}
std::string post(const std::string& fields, const std::string& body) {
  return "POST /a HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}
std::string with_length(const std::string& value) {
  return post("Content-Length:" + value + "\r\n", "abc");
}
std::string with_coding(const std::string& value) {
  return post("Transfer-Encoding:" + value + "\r\n", "3\r\nabc\r\n0\r\n\r\n");
}
std::string with_chunks(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

void refuse_all(std::vector<Row>& rows, const std::string& what, std::string (*make)(const std::string&),
                const std::vector<std::string>& cases) {
  for (const auto& text : cases) rows.push_back({what, make(text), {400}});
}

std::vector<Row> request_lines() {
  std::vector<Row> rows{
      {"no target", "GET\r\n\r\n", {400}},
      {"HTTP/0.9", "GET /a\r\n\r\n", {400}},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}},
      {"a response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {400}},
      {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"s, {400}},
      {"SSH", "SSH-2.0-OpenSSH_9.2\r\n", {400}},
      {"PROXY protocol", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + with_fields(""), {400}},
      {"LF before the request", "\n" + with_fields(""), {400}},
      {"CR before the request", "\r" + with_fields(""), {400}},
      {"empty lines before the request", "\r\n\r\n\r\n" + with_fields(""), {200}},
      {"a method in lower case is another one", with_line("get /a HTTP/1.1"), {200}},
      {"a method as long as a target may be",
       with_line(std::string(max_uri + 100, 'A') + " /a HTTP/1.1"),
       {414}},
  };
  refuse_all(rows, "blanks", with_line,
             {"GET  /a HTTP/1.1", "GET /a  HTTP/1.1", "GET\t/a\tHTTP/1.1", " GET /a HTTP/1.1",
              "GET /a HTTP/1.1 ", "GET /a HTTP/1.1 x", "GET /a b HTTP/1.1", "GET /a\tb HTTP/1.1"});
  refuse_all(rows, "method", with_line,
             {" /a HTTP/1.1", "G(T /a HTTP/1.1", "G\0T /a HTTP/1.1"s, "G\xc3\x89T /a HTTP/1.1",
              "GET: /a HTTP/1.1", "\"GET\" /a HTTP/1.1", "CONNECT a:80 HTTP/1.1", "CONNECT /a HTTP/1.1"});
  refuse_all(rows, "version", with_line,
             {"GET /a HTTP/0.9", "GET /a HTTP/1.2", "GET /a HTTP/2", "GET /a HTTP/2.0", "GET /a HTTP/3.0",
              "GET /a HTTP/1", "GET /a HTTP/1.", "GET /a HTTP/.1", "GET /a HTTP/01.1", "GET /a HTTP/1.10",
              "GET /a HTTP/1.1.1", "GET /a http/1.1", "GET /a HTTP/1,1", "GET /a HTTPS/1.1",
              "GET /a HTTP/1.1x", "GET /a HTTP /1.1", "GET /a XTTP/1.1"});
  refuse_all(rows, "target", with_line,
             {"GET a HTTP/1.1", "GET * HTTP/1.1", "POST * HTTP/1.1", "GET ?a HTTP/1.1", "GET /a#b HTTP/1.1",
              "GET /a\0b HTTP/1.1"s, "GET /\x01 HTTP/1.1", "GET /\x7f HTTP/1.1", "GET /a\rb HTTP/1.1",
              "GET ftp://x/ HTTP/1.1", "GET http:///a HTTP/1.1", "GET http:/a HTTP/1.1",
              "GET //\x0b HTTP/1.1", "GET http://a:b/ HTTP/1.1", "GET http://[::1/ HTTP/1.1",
              "GET http://u@x/ HTTP/1.1", "GET file:///etc/passwd HTTP/1.1", "GET javascript:1 HTTP/1.1"});
  rows.push_back({"absolute form", with_line("GET http://y/a HTTP/1.1"), {200}});
  rows.push_back({"asterisk form", with_line("OPTIONS * HTTP/1.1"), {200}});
  rows.push_back({"escapes are left to the routes", with_line("GET /%00%zz%2e%2e/%/a HTTP/1.1"), {200}});
  return rows;
}

std::vector<Row> fields() {
  std::vector<Row> rows{
      {"no Host in 1.1", with_host(""), {400}},
      {"LF alone ends a line", "GET /a HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", {400}},
      {"LF alone ends all lines", "GET /a HTTP/1.1\nHost: x\n\n", {400}},
      {"LF alone ends the head", "GET /a HTTP/1.1\r\nHost: x\r\n\n", {400}},
      {"LF CR", "GET /a HTTP/1.1\n\rHost: x\n\r\n\r", {400}},
      {"CR alone ends the head", "GET /a HTTP/1.1\r\nHost: x\r\n\r\r\n\r\n", {400}},
      {"a fold in the first field", "GET /a HTTP/1.1\r\n Host: x\r\n\r\n", {400}},
      {"an underscore is not a dash", post("Content_Length: 5\r\n", "abc\r\n"), {200, 400}},
      {"obs-text", with_fields("A: \xff\xfe\r\n"), {200}},
      {"an unknown expectation", with_fields("Expect: a miracle\r\n"), {200}},
      {"an upgrade is declined", with_fields("Connection: upgrade\r\nUpgrade: h2c\r\n"), {200}},
  };
  refuse_all(
      rows, "Host", with_host,
      {"Host: x\r\nHost: x\r\n", "Host: x\r\nHost: y\r\n", "Host: x\r\nhOST: y\r\n", "Host: a b\r\n",
       "Host: a/b\r\n", "Host: a?b\r\n", "Host: a#b\r\n", "Host: a\\b\r\n", "Host: u@a\r\n",
       "Host: a:port\r\n", "Host: a:80:80\r\n", "Host: a:8 0\r\n", "Host: a:1234567\r\n", "Host: [::1\r\n",
       "Host: [::g]\r\n", "Host: http://x\r\n", "Host: a\0b\r\n"s, "Host:\r\n x\r\n", "Host : x\r\n"});
  refuse_all(rows, "field line", with_fields,
             {"A: b\r\n c\r\n", "A: b\r\n\tc\r\n", "A : b\r\n",   "A\t: b\r\n",      "A B: c\r\n",
              ": b\r\n",        "nocolon\r\n",     "\r\r\n",      "A: b\rc\r\n",     "A: b\r\r\n",
              "A: b\nC: d\r\n", "A: b\0c\r\n"s,    "A\0: b\r\n"s, "A: \x01\r\n",     "A: \x7f\r\n",
              "A: \x0b\r\n",    "A(: b\r\n",       "A@: b\r\n",   "\xc3\x84: b\r\n", "{A}: b\r\n"});
  return rows;
}

std::vector<Row> lengths() {
  std::vector<Row> rows{
      {"length, then coding",
       post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {400}},
      {"coding, then length",
       post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
       {400}},
      {"coding, then length 0",
       post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"),
       {400}},
      {"two lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), {400}},
      {"the same length twice", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), {400}},
      {"two codings",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
       {400}},
      {"blank before the length's colon", post("Content-Length : 3\r\n", "abc"), {400}},
      {"blank before the coding's colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), {400}},
      {"a coding behind LF alone", post("A: b\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), {400}},
      {"a coding that is folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), {400}},
      {"a coding in HTTP/1.0",
       "POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {400}},
      {"leading zeros", with_length(" 0003"), {200}},
      {"blanks around a length", with_length(" \t3\t "), {200}},
      {"a coding's case", with_coding(" ChUnKeD"), {200}},
      {"a GET may have a body", "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", {200}},
      {"a body of nothing", post("Content-Length: 0\r\n", ""), {200}},
      {"a body that looks like a request",
       post("Content-Length: 36\r\n", "GET /b HTTP/1.1\r\nHost: smuggler!\r\n\r\n"),
       {200}},
  };
  refuse_all(rows, "length", with_length,
             {" 3, 3", " 3,3", " 3 3", " +3", " -3", " 0x3", " 3.0", " 3e0", " 3;", " abc", "", " ", " \"3\"",
              " \xef\xbc\x93", " 18446744073709551616", " 99999999999999999999999", " 3\x0b", " 3\0"s});
  refuse_all(rows, "coding", with_coding,
             {" gzip, chunked", " chunked, chunked", " chunked, identity", " identity", " xchunked",
              " chunkedx", " x chunked", " \"chunked\"", " chunked;q=1", " chunked,", " ,chunked",
              " \x0b"s + "chunked", " chunked\0"s, "", " deflate", " cow"});
  return rows;
}

std::vector<Row> chunks() {
  std::vector<Row> rows{
      {"an extension", with_chunks("3;a=b;c=\"d\"\r\nabc\r\n0\r\n\r\n"), {200}},
      {"blanks behind the size", with_chunks("3  \r\nabc\r\n0 ;a\r\n\r\n"), {200}},
      {"leading zeros", with_chunks("003\r\nabc\r\n000\r\n\r\n"), {200}},
      {"a trailer cannot frame anything",
       with_chunks("3\r\nabc\r\n0\r\nContent-Length: 9\r\nHost: y\r\n\r\n"),
       {200}},
      {"too many extensions", with_chunks("3;" + std::string(20'000, 'a') + "\r\nabc\r\n0\r\n\r\n"), {400}},
      {"too long a trailer", with_chunks("0\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n"), {400}},
  };
  refuse_all(rows, "chunk", with_chunks,
             {"g\r\n",
              "0x3\r\nabc\r\n0\r\n\r\n",
              "-1\r\n",
              "+3\r\nabc\r\n0\r\n\r\n",
              " 3\r\nabc\r\n0\r\n\r\n",
              "\r\nabc\r\n0\r\n\r\n",
              ";a\r\nabc\r\n0\r\n\r\n",
              "3 3\r\nabc\r\n0\r\n\r\n",
              "3 g\r\nabc\r\n0\r\n\r\n",
              "FFFFFFFFFFFFFFFF\r\n",
              "10000000000000003\r\nabc\r\n0\r\n\r\n",
              "3\nabc\r\n0\r\n\r\n",
              "3\rabc\r\n0\r\n\r\n",
              "3\r\nabc\n0\r\n\r\n",
              "3\r\nabc0\r\n\r\n",
              "3\r\nabcd\r\n0\r\n\r\n",
              "3\r\nab\r\n0\r\n\r\n",
              "3\r\nabc\r0\r\n\r\n",
              "3;a\nabc\r\n0\r\n\r\n",
              "3;\0\r\nabc\r\n0\r\n\r\n"s,
              "3;a\rb\r\nabc\r\n0\r\n\r\n",
              "0\n\r\n",
              "0\r\n\n",
              "0\r\nA: b\n\r\n",
              "0\r\nA: \0\r\n\r\n"s,
              "3,\r\nabc\r\n0\r\n\r\n"});
  return rows;
}

std::vector<Row> sizes() {
  const std::string long_target = "/" + std::string(max_uri - 1, 'a');
  return {
      {"a target of the limit", with_line("GET " + long_target + " HTTP/1.1"), {200}},
      {"a longer target", with_line("GET " + long_target + "a HTTP/1.1"), {414}},
      {"a target without end", "GET /" + std::string(4 * max_uri, 'a'), {414}},
      {"a long field", with_fields("A: " + std::string(max_head, 'a') + "\r\n"), {431}},
      {"a long name", with_fields(std::string(max_head, 'A') + ": b\r\n"), {431}},
      {"a field without end", "GET /a HTTP/1.1\r\nHost: x\r\nA: " + std::string(2 * max_head, 'a'), {431}},
      {"many fields",
       with_fields([] {
         std::string many;
         for (int i = 0; i < 1000; ++i) many += "A: b\r\n";
         return many;
       }()),
       {431}},
      {"a body that is announced too long", post("Content-Length: 1025\r\n", ""), {413}},
      {"a body of half the address space", post("Content-Length: 9223372036854775807\r\n", ""), {413}},
      {"a body of all the address space", post("Content-Length: 18446744073709551615\r\n", ""), {413}},
      {"a chunked body that grows too long",
       with_chunks("401\r\n" + std::string(0x401, 'a') + "\r\n0\r\n\r\n"),
       {413}},
      {"a chunk that is announced too long",
       with_chunks("FFFFFFFFFFFFFFF\r\n" + std::string(2000, 'a')),
       {413}},
  };
}

std::vector<Row> all() {
  std::vector<Row> rows;
  for (auto part : {request_lines(), fields(), lengths(), chunks(), sizes()})
    rows.insert(rows.end(), std::move_iterator(part.begin()), std::move_iterator(part.end()));
  return rows;
}

std::string shown(std::string_view bytes) {
  return testing::PrintToString(std::string(bytes.substr(0, 200)));
}

TEST(HostileRequests, EachGetsItsAnswerAndNoneCarriesAnotherOne) {
  ScriptedService service;
  service.on_plan = [](const net::RequestHead&) { return net::BodyPlan{.max_bytes = max_body}; };
  const TestServer server(service, {.max_uri_bytes = max_uri, .max_header_bytes = max_head});
  const auto rows = all();
  EXPECT_GE(rows.size(), 120u);
  for (const auto& [what, bytes, answers] : rows) {
    SCOPED_TRACE(what + ": " + shown(bytes));
    RawClient client(server.port());
    client.send(bytes + std::string(smuggled));
    RawResponse last;
    for (const int status : answers) {
      last = client.receive();
      EXPECT_EQ(last.status, status) << last.body;
    }
    if (answers.back() >= 400) {
      EXPECT_EQ(last.field("connection"), "close");
    } else {
      EXPECT_EQ(client.receive().body, "GET /smuggled");
      client.shutdown_send();
    }
    EXPECT_EQ(client.receive_all(), "");
  }
  for (const auto& finished : service.all_finished()) EXPECT_THAT(finished.path, testing::Ne("/b"));
}

}  // namespace
}  // namespace waypost::test
