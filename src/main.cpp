#include "waypost/app/cli.hpp"

int main(int argc, char** argv) {
  return waypost::app::run(argc, argv);
}
