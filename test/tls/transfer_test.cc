// Bytes over TLS: in bulk, in crumbs, against full sockets; the end of streams; bad records; what
// it costs in calls and in memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "test/tls/tls_fixture.h"

namespace sluice {
namespace {

std::string Pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

class Transfer : public TlsTest {
 protected:
  Transfer() { answer_ = nullptr; }
  TlsPeer& Start(uint16_t version = TLS1_3_VERSION) {
    if (server_factory_ == nullptr) ServeWith(server_);
    TlsPeer& client = Dial({.version_max = version});
    EXPECT_TRUE(client.connected()) << client.error();
    return client;
  }
  IoCounts& counts() { return world_.memory().accepted(kAddress); }

  const TestCertificate server_ = MakeCertificate({.common_name = "server"});
};

TEST_F(Transfer, CarriesMegabytesBothWays) {
  for (const uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer& client = Start(version);
    const std::string text = Pattern(3'000'000);
    client.Send(text);
    end().Write(text);
    world_.RunUntilIdle();
    EXPECT_TRUE(end().received == text);
    EXPECT_TRUE(client.received() == text);
    EXPECT_EQ(blocks(), 0u);
  }
}

TEST_F(Transfer, SurvivesSmallAndShortSockets) {
  LinkShape& shape = world_.memory().shape(kAddress);
  shape.buffer_bytes = 3000;
  shape.read_bytes_max = 700;
  shape.write_bytes_max = 900;
  TlsPeer& client = Start();
  const std::string text = Pattern(200'000);
  client.Send(text);
  end().Write(text);
  world_.RunUntilIdle();
  EXPECT_TRUE(end().received == text);
  EXPECT_TRUE(client.received() == text);
  EXPECT_EQ(blocks(), 0u);
}

TEST_F(Transfer, SendsOneTurnsOutputInOneCall) {
  TlsPeer& client = Start();
  world_.RunUntilIdle();
  counts() = {};
  end().Write(Pattern(100'000));
  world_.RunUntilIdle();
  EXPECT_EQ(client.received().size(), 100'000u);
  EXPECT_EQ(counts().writes, 1u);
}

// A record of TLS 1.3 costs 22 bytes: the socket has room for one of 4000, and for no second.
TEST_F(Transfer, PutsSmallSlicesIntoOneRecord) {
  world_.memory().shape(kAddress).buffer_bytes = 4000 + 22;
  TlsPeer& client = Start();
  end().Write("tickets go with the first bytes");
  world_.RunUntilIdle();
  client.Take();
  end().connection->TakeBytesWritten();
  client.wire().StopReading();
  end().slice_bytes = 100;
  end().Write(Pattern(4000));
  world_.RunUntilIdle();
  EXPECT_EQ(end().connection->TakeBytesWritten(), 4000u);
  EXPECT_EQ(end().connection->unwritten_bytes(), 0u);
  client.wire().ReadOn();
  world_.RunUntilIdle();
  EXPECT_EQ(client.received(), Pattern(4000));
}

TEST_F(Transfer, AnswersASmallRequestWithOneReadAndOneWrite) {
  TlsPeer& client = Start();
  end().answer = [](const std::string& text) { return "<" + text + ">"; };
  client.Send("first");
  world_.RunUntilIdle();
  counts() = {};
  client.Send("second");
  world_.RunUntilIdle();
  EXPECT_EQ(client.received(), "<first><second>");
  EXPECT_EQ(counts().reads, 1u);
  EXPECT_EQ(counts().writes, 1u);
}

TEST_F(Transfer, ReadsLargeRecordsWithOneCallEach) {
  TlsPeer& client = Start();
  counts() = {};
  client.Send(Pattern(160'000));
  world_.RunUntilIdle();
  EXPECT_EQ(end().received.size(), 160'000u);
  EXPECT_LE(counts().reads, 13u);
}

TEST_F(Transfer, HoldsNoBufferWhenIdle) {
  std::vector<TlsPeer*> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(&Start());
  for (TlsPeer* client : clients) client->Send("hello");
  world_.RunUntilIdle();
  EXPECT_EQ(blocks(), 0u);
}

TEST_F(Transfer, SealsNoMoreThanASlowClientTakes) {
  TlsPeer& client = Start();
  client.wire().StopReading();
  end().Write(Pattern(4'000'000));
  world_.RunUntilIdle();
  EXPECT_FALSE(end().output.empty());
  // The socket's buffer, one call's records, and what was pulled ahead of the next.
  EXPECT_GT(end().output.size(), 3'000'000u);
  EXPECT_GT(end().connection->unwritten_bytes(), 0u);
  EXPECT_LT(end().connection->unwritten_bytes(), 300'000u);
  client.wire().ReadOn();
  world_.RunUntilIdle();
  EXPECT_EQ(client.received().size(), 4'000'000u);
  EXPECT_EQ(end().connection->unwritten_bytes(), 0u);
}

TEST_F(Transfer, EndsWithCloseNotify) {
  for (const CloseKind kind : {CloseKind::kFlush, CloseKind::kFlushOnly}) {
    TlsPeer& client = Start();
    end().Write("last words");
    end().connection->Close(kind);
    world_.RunUntilIdle();
    EXPECT_EQ(client.received(), "last words");
    EXPECT_TRUE(client.got_close_notify());
    EXPECT_EQ(client.error(), "");
    EXPECT_TRUE(client.wire().got_fin());
    client.Close();
    world_.RunUntilIdle();
    EXPECT_TRUE(end().closed);
  }
}

TEST_F(Transfer, SaysGoodbyeThroughAFullSocket) {
  LinkShape& shape = world_.memory().shape(kAddress);
  shape.buffer_bytes = 2000;
  TlsPeer& client = Start();
  client.wire().StopReading();
  const std::string text = Pattern(5000);
  end().Write(text);
  end().connection->CloseWriteSide();
  world_.RunUntilIdle();
  EXPECT_FALSE(client.wire().got_fin());
  client.wire().ReadOn();
  world_.RunUntilIdle();
  EXPECT_EQ(client.received(), text);
  EXPECT_TRUE(client.got_close_notify());
  EXPECT_TRUE(client.wire().got_fin());
  // The other direction goes on.
  client.Send("still here");
  world_.RunUntilIdle();
  EXPECT_EQ(end().received, "still here");
}

TEST_F(Transfer, TellsTheEndAfterTheBytesBeforeIt) {
  TlsPeer& client = Start();
  client.Send("request");
  client.SendCloseNotify();
  client.wire().SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(end().received, "request");
  EXPECT_TRUE(end().got_end);
  EXPECT_EQ(end().cause, CloseCause::kPeer);
  EXPECT_EQ(Stat("truncated"), 0);
}

TEST_F(Transfer, TakesCloseNotifyForTheEndWithoutFin) {
  TlsPeer& client = Start();
  client.Send("request");
  client.SendCloseNotify();
  world_.RunUntilIdle();
  EXPECT_EQ(end().received, "request");
  EXPECT_TRUE(end().got_end);
}

TEST_F(Transfer, CountsStreamsThatAreCutOff) {
  TlsPeer& client = Start();
  client.Send("request");
  client.wire().SendFin();
  world_.RunUntilIdle();
  EXPECT_EQ(end().received, "request");
  EXPECT_TRUE(end().got_end);
  EXPECT_EQ(Stat("truncated"), 1);
}

TEST_F(Transfer, RefusesBrokenRecordsWithTheRightAlert) {
  struct Case {
    std::string bytes, alert, reason;
  };
  const std::string body(40, 'x');
  const Case cases[] = {
      {std::string("\x17\x03\x03\x00\x28", 5) + body, "SSLV3_ALERT_BAD_RECORD_MAC",
       "DECRYPTION_FAILED_OR_BAD_RECORD_MAC"},
      {std::string("\x17\x03\x03\x50\x00", 5) + body, "TLSV1_ALERT_RECORD_OVERFLOW",
       "ENCRYPTED_LENGTH_TOO_LONG"},
      {std::string("\x17\x07\x07\x00\x28", 5) + body, "TLSV1_ALERT_PROTOCOL_VERSION",
       "WRONG_VERSION_NUMBER"},
      {"GET / HTTP/1.1\r\n\r\n", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_VERSION_NUMBER"},
  };
  for (const Case& broken : cases) {
    TlsPeer& bystander = Start();
    OurEnd& beside = end();
    TlsPeer& client = Start();
    client.Send("good");
    client.wire().Send(broken.bytes);
    world_.RunUntilIdle();
    EXPECT_EQ(end().received, "good");
    EXPECT_EQ(end().cause, CloseCause::kPeerReset);
    EXPECT_TRUE(end().closed);
    EXPECT_THAT(end().failure, ::testing::HasSubstr(broken.reason));
    EXPECT_EQ(client.error(), broken.alert);
    bystander.Send("unharmed");
    world_.RunUntilIdle();
    EXPECT_EQ(beside.received, "unharmed");
  }
  EXPECT_EQ(Stat("connection_error"), 4);
}

TEST_F(Transfer, WithOneByteOfItsRecordsWrongEndsThere) {
  // The client's bytes on their way to us, each wrong in turn.
  ServeWith(server_);
  for (size_t at = 0; at < 27; ++at) {
    auto wire = world_.memory().Dial(kAddress);
    MemoryPeer* raw = wire.get();
    TlsPeer client(TlsPeer::Role::kClient, std::move(wire), {});
    world_.RunUntilIdle();
    ASSERT_TRUE(client.connected());
    uint8_t plain[] = {'h', 'e', 'l', 'l', 'o'};
    BIO* out = SSL_get_wbio(client.ssl());
    SSL_write(client.ssl(), plain, sizeof(plain));
    const uint8_t* bytes = nullptr;
    size_t size = 0;
    ASSERT_EQ(BIO_mem_contents(out, &bytes, &size), 1);
    std::string record(reinterpret_cast<const char*>(bytes), size);
    ASSERT_EQ(record.size(), 27u);
    BIO_reset(out);
    record[at] = static_cast<char>(record[at] ^ 1);
    raw->Send(record);
    raw->SendFin();
    world_.RunUntilIdle();
    EXPECT_TRUE(end().closed) << at;
    EXPECT_EQ(end().received, "") << at;
  }
}

TEST_F(Transfer, AnswersKeyUpdates) {
  TlsPeer& client = Start();
  for (int i = 0; i < 5; ++i) {
    SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
    client.Send("x");
    end().Write("y");
    world_.RunUntilIdle();
  }
  EXPECT_EQ(end().received, "xxxxx");
  EXPECT_EQ(client.received(), "yyyyy");
}

}  // namespace
}  // namespace sluice
