#include "app/command.h"

int main(int argc, char **argv)
{
    return ap_app_main(argc, argv);
}
