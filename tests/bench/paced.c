// Asks one question over one connection at a steady rate, whatever the answers take, and prints how long they took,
// each counted from the moment when it was due.
// cc -O2 -o paced paced.c; paced PORT TARGET RATE SECONDS
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void wait_until(double due) {
  const struct timespec t = {(time_t)due, (long)((due - (double)(time_t)due) * 1e9)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0) {}
}

static int ascending(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static int connect_to(int port) {
  const int s = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return connect(s, (const struct sockaddr*)&to, sizeof to) == 0 ? s : -1;
}

// Reads one answer; its status, or 0 if the connection broke.
static int answer(int s) {
  char text[1 << 16];
  size_t have = 0, whole = 0;
  while (whole == 0 || have < whole) {
    const ssize_t got = recv(s, text + have, sizeof text - 1 - have, 0);
    if (got <= 0) return 0;
    text[have += (size_t)got] = 0;
    const char *body = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "\r\ncontent-length:");
    if (body && length) whole = (size_t)(body + 4 - text) + strtoul(length + 17, NULL, 10);
  }
  return atoi(text + 9);
}

int main(int argc, char** argv) {
  if (argc != 5) return fprintf(stderr, "usage: paced PORT TARGET RATE SECONDS\n"), 2;
  const double rate = atof(argv[3]);
  const size_t calls = (size_t)(rate * atof(argv[4]));
  char request[4096];
  const int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", argv[2]);
  const int s = connect_to(atoi(argv[1]));
  double* took = malloc(calls * sizeof *took);
  const double begun = now();
  for (size_t i = 0; i < calls; ++i) {
    const double due = begun + (double)i / rate;
    wait_until(due);
    if (send(s, request, (size_t)length, MSG_NOSIGNAL) != length || answer(s) != 200)
      return fprintf(stderr, "paced: no 200 from port %s\n", argv[1]), 1;
    took[i] = now() - due;
  }
  qsort(took, calls, sizeof *took, ascending);
  printf("p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms of %zu at %s/s\n", took[calls / 2] * 1e3, took[calls * 99 / 100] * 1e3,
         took[calls * 999 / 1000] * 1e3, calls, argv[3]);
}
