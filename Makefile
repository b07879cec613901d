# The verbs of this project; `make` alone lists them. They need Python 3.11 or newer, and a Docker engine
# for those that say so; everything else they install into .venv/, from the hash-pinned files.

PYTHON ?= python3
EVENT ?= events/predict.json
FUNCTION ?= ApiFunction
DEV := .venv/dev/bin/python
SAM := SAM_CLI_TELEMETRY=0 .venv/sam/bin/sam
OVERRIDES = $(if $(PARAMETERS),--parameter-overrides $(PARAMETERS))

.PHONY: help
help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# What these run imports from functions/ and layers/python.
serve train tune evaluate report bulk bulk-local shards feedback: export PYTHONPATH := functions:layers/python

# A virtual environment, made anew when what its pins say has changed, not when a checkout has touched the file.
.venv/%/pins.txt: requirements/%.txt
	@$(PYTHON) requirements/install.py $*

.PHONY: serve
serve: export HOST := $(HOST)
serve: export PORT := $(PORT)
serve: export WORKERS := $(WORKERS)
serve: .venv/serve/pins.txt ## serve on http://127.0.0.1:8000; HOST=0.0.0.0 for other machines, PORT=…, WORKERS=…
	@.venv/serve/bin/python -m api.server

.PHONY: image
image: ## build the image for every platform (Docker); then docker run -p 8000:8000 digits
	docker build --file functions/Dockerfile --target server --tag digits .

.PHONY: test
test: .venv/dev/pins.txt .venv/sam/pins.txt ## run the tests, or those of ARGS=…; some need Docker, and skip without
	$(DEV) -m pytest $(ARGS)

.PHONY: soak
soak: SECONDS ?= 600
soak: export PYTHONPATH := .:functions:layers/python
soak: .venv/dev/pins.txt ## load the local server, then the Lambda image, for SECONDS=600 each (wrk, Docker)
	@rm -rf .cache/hostile
	$(DEV) -m tests.samples.hostile .cache/hostile
	$(DEV) -m benchmarks.load.soak serve $(SECONDS) .cache/hostile
	$(DEV) -m benchmarks.load.soak image $(SECONDS) .cache/hostile

.PHONY: check
check: .venv/dev/pins.txt .venv/sam/pins.txt ## lint, formatting, types and the template
	$(DEV) -m ruff check
	$(DEV) -m ruff format --check
	$(DEV) -m mypy
	$(SAM) validate --lint
	.venv/sam/bin/cfn-lint template.yaml

.PHONY: audit
audit: .venv/audit/pins.txt ## look up known weaknesses of the packages that ship; fails where no database answers
	.venv/audit/bin/python -m pip_audit --strict --require-hashes --disable-pip --progress-spinner off \
		--requirement functions/requirements.txt --requirement requirements/server.txt

.PHONY: train tune evaluate report
train: .venv/dev/pins.txt ## train both models and export them to layers/model; ARGS=--quick for short runs beside them
	$(DEV) -m training $(ARGS)
	$(DEV) -m training.reader $(filter --quick,$(ARGS))

tune: found-IMAGES .venv/dev/pins.txt ## learn from corrections, IMAGES=folder of folders 0 to 9 and none
	$(DEV) -m training --images "$(IMAGES)" $(ARGS)

evaluate: .venv/dev/pins.txt ## score the models in layers/model as they are served; MNIST_PATH=path/to/mnist.npz, NUMBERS=sets
	$(DEV) -m training.evaluation $(ARGS)
	$(if $(NUMBERS),$(DEV) -m training.evaluation.strings --sets "$(NUMBERS)")

report: .venv/dev/pins.txt ## draw learning curves, confusion matrix and worst mistakes into training/report
	$(DEV) -m training.card $(ARGS)
	$(DEV) -m training.card.numbers

.PHONY: bench
bench: export PYTHONPATH := functions:layers/python
bench: .venv/dev/pins.txt .venv/serve/pins.txt ## measure this function beside what else there is (Docker, an hour); ARGS=--quick for minutes
	$(DEV) -m benchmarks $(ARGS)

.PHONY: build
build: .venv/sam/pins.txt ## build the Lambda image (Docker), and .aws-sam/sbom.cdx.json: what it holds
	@$(SAM) build $(OVERRIDES) >&2
	@.venv/sam/bin/python requirements/sbom.py apifunction:latest >.aws-sam/sbom.cdx.json

.PHONY: pin-base
pin-base: ## name the base image by its digest in functions/Dockerfile, as a release does (Docker)
	@base=$$(sed -n 's/^FROM \(public\.ecr\.aws[^ @]*\).*/\1/p' functions/Dockerfile | sort -u) \
	&& docker pull --quiet "$$base" && digest=$$(docker image inspect --format '{{index .RepoDigests 0}}' "$$base") \
	&& sed -i.tag "s#^FROM $$base#FROM $$digest#" functions/Dockerfile && rm functions/Dockerfile.tag

.PHONY: start-api
start-api: PORT ?= 3000
start-api: build ## serve from the Lambda image on http://127.0.0.1:3000, or PORT=… (Docker)
	$(SAM) local start-api --host 127.0.0.1 --port $(PORT) $(OVERRIDES)

# Variables are looked at before anything is installed or built; credentials by the library that the SAM CLI brings.
.PHONY: event-exists credentials source
event-exists:
	@test -f "$(EVENT)" || { echo 'EVENT must name a file, as in make invoke EVENT=events/health.json. Received: $(EVENT)' >&2; exit 2; }
SOURCE = $(filter-out undefined,$(origin PREFIX) $(origin MANIFEST)) $(findstring --execution,$(ARGS))
source:
	@test -n "$(strip $(SOURCE))" || { echo 'Say what to read: PREFIX=path/ (empty for the whole bucket) or MANIFEST=file. Received: neither' >&2; exit 2; }
credentials: .venv/sam/pins.txt
	@.venv/sam/bin/python requirements/credentials.py $(ARGS)

.PHONY: invoke
invoke: event-exists build ## hand EVENT=events/….json to the Lambda image and print its answer (Docker)
	@$(SAM) local invoke $(FUNCTION) --event "$(EVENT)" $(OVERRIDES)

.PHONY: deploy
deploy: credentials build ## deploy to the AWS account of your credentials; PARAMETERS="Name=value …" (Docker)
	$(SAM) deploy $(OVERRIDES) $(ARGS)

.PHONY: bulk
bulk: source .venv/bulk/pins.txt ## run the deployed bulk workflow over PREFIX=…/ or MANIFEST=…, and follow it; MODE=read for numbers
	@.venv/bulk/bin/python -m jobs.aws $(call given,prefix,PREFIX) $(call given,manifest,MANIFEST) $(MODE_FLAG) $(ARGS)
# A variable as an option, if it was given at all: an empty prefix is the whole bucket, and has to be said.
given = $(if $(filter undefined,$(origin $(2))),,--$(1) "$($(2))")

MODE_FLAG = $(if $(MODE),--mode "$(MODE)")

.PHONY: bulk-local
bulk-local: OUTPUT ?= results.jsonl
bulk-local: found-FOLDER .venv/serve/pins.txt ## read the files of FOLDER=… here, into OUTPUT=… (.jsonl or .csv); resumable; MODE=read for numbers
	@.venv/serve/bin/python -m jobs.local "$(FOLDER)" "$(OUTPUT)" $(MODE_FLAG) $(ARGS)

.PHONY: feedback
feedback: needs-INTO .venv/bulk/pins.txt ## bring corrections down into INTO=folder, from the stack's bucket or BUCKET=…; resumable
	@.venv/bulk/bin/python -m jobs.feedback "$(INTO)" $(if $(BUCKET),--bucket "$(BUCKET)") $(ARGS)

.PHONY: shards
shards: SIZE ?= 10000
shards: INTO ?= $(FOLDER)-shards
shards: found-FOLDER .venv/serve/pins.txt ## pack the files of FOLDER=… into TAR shards of SIZE=10000, in INTO=…
	@.venv/serve/bin/python -m jobs.shards "$(FOLDER)" "$(INTO)" --size "$(SIZE)"

.PHONY: engines
engines: .venv/engines/pins.txt ## run the digits package in Ray and in Spark over 10,000 pictures (Java 17; minutes)
	.venv/engines/bin/python -m pip install --quiet --no-deps ./layers/python
	PYTHONPATH=. .venv/engines/bin/python -m docs.engines $(ARGS)

.PHONY: clients
clients: .venv/clients/pins.txt .venv/serve/pins.txt ## use other projects' clients against the local server, and write docs/clients.md
	PYTHONPATH=.:layers/python .venv/clients/bin/python -m docs.clients

# A variable that a verb cannot do without, and one that names what is there already.
MISSING = { echo "$* is missing: give it as make … $*=path/to/it. Received: nothing" >&2; exit 2; }
needs-%:
	@test -n "$($*)" || $(MISSING)
found-%:
	@test -n "$($*)" || $(MISSING)
	@test -e "$($*)" || { echo "$* must be there already. Received: $($*), not found" >&2; exit 2; }

COMPILE := .venv/dev/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --custom-compile-command "make pins"
.PHONY: pins
pins: .venv/dev/pins.txt ## resolve the pinned requirements anew; ARGS=--upgrade for the newest
	$(COMPILE) functions/requirements.in --output-file functions/requirements.txt $(ARGS)
	$(COMPILE) requirements/server.in --constraint functions/requirements.txt --output-file requirements/server.txt $(ARGS)
	$(COMPILE) requirements/serve.in --constraint functions/requirements.txt --output-file requirements/serve.txt $(ARGS)
	$(COMPILE) requirements/bulk.in --constraint functions/requirements.txt --output-file requirements/bulk.txt $(ARGS)
	$(COMPILE) requirements/engines.in --constraint functions/requirements.txt --output-file requirements/engines.txt $(ARGS)
	$(COMPILE) requirements/clients.in --output-file requirements/clients.txt $(ARGS)
	$(COMPILE) requirements/dev.in --constraint requirements/serve.txt --constraint requirements/bulk.txt --output-file requirements/dev.txt $(ARGS)
	$(COMPILE) benchmarks/contenders/requirements.in --constraint requirements/dev.txt --output-file benchmarks/contenders/requirements.txt $(ARGS)
	$(COMPILE) requirements/audit.in --output-file requirements/audit.txt $(ARGS)
	$(COMPILE) requirements/sam.in --output-file requirements/sam.txt $(ARGS)
