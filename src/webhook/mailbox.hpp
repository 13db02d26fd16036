#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace waypost::webhook {

/// Passes messages from any thread to the thread of an io_context: many at a time under load, each in its
/// order. Senders share it, so that one that outlives the receiver does no harm.
template <class Message>
class Mailbox : public std::enable_shared_from_this<Mailbox<Message>> {
 public:
  using Receive = std::function<void(std::vector<Message>&&)>;
  Mailbox(boost::asio::io_context& context, Receive receive)
      : context_(context), receive_(std::move(receive)) {}

  /// Any thread.
  void send(Message message) {
    const std::scoped_lock lock(mutex_);
    messages_.push_back(std::move(message));
    if (messages_.size() > 1) return;  // the one before has called already
    boost::asio::post(context_, [self = this->shared_from_this()] { self->deliver(); });
  }

  /// The receiver is gone. On the context's thread.
  void close() { receive_ = nullptr; }

 private:
  void deliver() {
    std::vector<Message> messages;
    {
      const std::scoped_lock lock(mutex_);
      messages.swap(messages_);
    }
    if (receive_) receive_(std::move(messages));
  }

  boost::asio::io_context& context_;
  Receive receive_;
  std::mutex mutex_;
  std::vector<Message> messages_;
};

}  // namespace waypost::webhook
